-- The work of benches/src/peers for Lua 5.4: `lua5.4 - WORK SETTING SIZES < peers.lua`.
-- SETTING is `incremental`, which is the default, or `generational`.

local work, setting, sizes = ...
local names = { "bullets", "rounds", "live", "million", "collections", "frames", "match_frames" }
local size, place = {}, 1
for number in sizes:gmatch("%d+") do
  size[names[place]] = tonumber(number)
  place = place + 1
end
collectgarbage(setting)

local RING, PER_FRAME = 10, 2000
local clock = os.clock -- CPU time of the process, which has one thread

local function status(field)
  for line in io.lines("/proc/self/status") do
    local kibibytes = line:match("^" .. field .. ":%s*(%d+)")
    if kibibytes then return tonumber(kibibytes) * 1024 end
  end
  return 0
end

-- SplitMix64, as in benches/src/random.rs, but that the range is reached by a remainder.
local function random(seed)
  local state = seed
  return function(below)
    state = state + 0x9E3779B97F4A7C15
    local z = state
    z = (z ~ (z >> 30)) * 0xBF58476D1CE4E5B9
    z = (z ~ (z >> 27)) * 0x94D049BB133111EB
    return ((z ~ (z >> 31)) >> 1) % below + 1
  end
end

local function quantile(times, part)
  table.sort(times)
  return times[math.floor((#times - 1) * part + 0.5) + 1]
end

local function timed(call)
  local start = clock()
  call()
  return (clock() - start) * 1e9
end

local function many(count, call)
  local times, sum = {}, 0
  for n = 1, count do
    times[n] = timed(call)
    sum = sum + times[n]
  end
  return times, sum / count
end

local function level(objects)
  local nodes, draw = {}, random(objects)
  for n = 1, objects do nodes[n] = { payload = n, a = false, b = false, c = false } end
  for n = 1, objects do
    local node = nodes[n]
    node.a, node.b, node.c = nodes[draw(objects)], nodes[draw(objects)], nodes[draw(objects)]
  end
  return nodes
end

local function ring(to)
  local first = { payload = 0, a = false, b = to, c = false }
  local last = first
  for payload = 1, RING - 1 do last = { payload = payload, a = last, b = false, c = false } end
  first.a = last
end

local function collect() collectgarbage("collect") end

local function live(objects)
  local nodes = level(objects)
  local times = many(objects == size.live and size.collections or 3, collect)
  assert(#nodes == objects)
  return { collect = quantile(times, 0.5) / 1e6 }
end

local function frames(owned)
  local nodes, draw = level(size.live), random(1)
  collect()
  local function once()
    for _ = 1, PER_FRAME // RING do ring(owned and nodes[draw(#nodes)] or false) end
  end
  for _ = 1, math.min(60, size.frames) do once() end
  local times, mean = many(size.frames, once)
  return {
    p50 = quantile(times, 0.5) / 1e3,
    p99 = quantile(times, 0.99) / 1e3,
    longest = times[#times] / 1e3,
    mean = mean / 1e3,
    peak = status("VmHWM") / 1e6,
  }
end

-- The match: see benches/src/peers/game.rs. Lua has no way to hear of its collections: no pause.
local function match()
  local nodes, ships = level(size.live), {}
  for n = 1, 8 do ships[n] = { x = (n - 1) * 100, y = 0, bullets = {} } end
  collect()
  local fired, score = 0, 0
  local start = clock()
  for _ = 1, size.match_frames do
    for _, ship in ipairs(ships) do
      local bullets = ship.bullets
      for _ = 1, 25 do
        local n = fired
        fired = fired + 1
        local bullet = { owner = ship, spark = false, x = ship.x, y = ship.y, vx = n % 13 - 6, vy = n % 7 + 1, frames_left = 10 + n % 50 }
        if n % 10 == 0 then bullet.spark = { bullet = bullet, glow = n } end
        bullets[#bullets + 1] = bullet
      end
      local kept = {}
      for _, bullet in ipairs(bullets) do
        bullet.x = bullet.x + bullet.vx
        bullet.y = bullet.y + bullet.vy
        bullet.frames_left = bullet.frames_left - 1
        if bullet.frames_left > 0 then
          kept[#kept + 1] = bullet
        else
          score = score + (bullet.x ~ bullet.y)
          if bullet.spark then score = score + bullet.spark.glow % 3 end
          score = score + bullet.owner.x % 7
        end
      end
      ship.bullets = kept
    end
  end
  local total = clock() - start
  assert(#nodes == size.live)
  return { total = total * 1e3, score = score }
end

local works = {
  ["churn"] = function()
    local owner = { hp = 3, last = false }
    local times, mean = many(size.rounds // 3 + 1, function()
      local bullets = {}
      for shot = 1, size.bullets do
        bullets[shot] = { owner = owner, x = shot, y = shot, vx = shot, vy = shot, hp = shot, kind = shot, frames_left = shot }
      end
      assert(bullets[#bullets].owner.hp == 3)
    end)
    return { median = quantile(times, 0.5) / size.bullets, mean = mean / size.bullets }
  end,
  ["live"] = function() return live(size.live) end,
  ["one-root"] = function() return live(size.live) end,
  ["live-million"] = function() return live(size.million) end,
  ["one-root-million"] = function() return live(size.million) end,
  ["rings"] = function()
    local function once()
      for _ = 1, size.live // RING do ring(false) end
      collect()
    end
    once()
    return { total = quantile(many(size.collections, once), 0.5) / 1e6 }
  end,
  ["frames"] = function() return frames(false) end,
  ["owned-frames"] = function() return frames(true) end,
  ["memory"] = function()
    local count, handles = size.million, {}
    local before = status("VmRSS")
    local made = timed(function()
      for n = 1, count do handles[n] = { next = false, value = n } end
    end)
    collect()
    local after = status("VmRSS")
    local dropped = timed(function()
      handles = nil
      collect()
    end)
    return { bytes = (after - before) / count, make = made / count, drop = dropped / count }
  end,
  ["match"] = match,
}

local full = { ["live"] = true, ["one-root"] = true, ["live-million"] = true, ["one-root-million"] = true }
if works[work] and (setting == "incremental" or not full[work]) then -- no setting changes a full collection
  for name, value in pairs(works[work]()) do print(name, value) end
end
