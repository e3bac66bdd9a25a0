// Loads a .heapsnapshot with the loader of a headless Chromium's own developer tools, and checks what they make of it.
//
//   node --experimental-websocket .ci/devtools.mjs PORT FILE OBJECTS
//
// The Chromium listens on PORT (--remote-debugging-port) and serves its developer tools there.
import assert from "node:assert";
import fs from "node:fs";

const [port, file, objects] = process.argv.slice(2);
const tools = `http://127.0.0.1:${port}`;
const worker = "/devtools/entrypoints/heap_snapshot_worker/heap_snapshot_worker";

const pages = await (await fetch(`${tools}/json/list`)).json();
const socket = new WebSocket(pages.find((page) => page.type === "page").webSocketDebuggerUrl);
await new Promise((opened) => (socket.onopen = opened));

const waiting = new Map();
let loaded;
const navigated = new Promise((done) => (loaded = done));
socket.onmessage = ({ data }) => {
  const answer = JSON.parse(data);
  if (answer.method === "Page.loadEventFired") loaded();
  waiting.get(answer.id)?.(answer);
};
let calls = 0;
const call = (method, params = {}) =>
  new Promise((done) => {
    waiting.set(++calls, done);
    socket.send(JSON.stringify({ id: calls, method, params }));
  });
const run = async (expression) => {
  const answer = await call("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
  const thrown = answer.error ?? answer.result.exceptionDetails;
  if (thrown) throw new Error(JSON.stringify(thrown));
  return answer.result.result.value;
};

await call("Page.enable");
await call("Page.navigate", { url: `${tools}${worker}-entrypoint.js` });
await navigated;
const known = await run(`(async () => {
  globalThis.tools = await import("${worker}.js").catch(() => ({}));
  return Boolean(tools.HeapSnapshotLoader?.HeapSnapshotLoader && tools.HeapSnapshot?.SecondaryInitManager);
})()`);
if (!known) {
  console.log("skipped: this Chromium's developer tools have another loader");
  process.exit();
}

await run(`globalThis.loader = new tools.HeapSnapshotLoader.HeapSnapshotLoader({ sendEvent() {} }), 0`);
const text = fs.readFileSync(file, "utf8");
const PIECE = 1 << 20;
for (let at = 0; at < text.length; at += PIECE) {
  await run(`loader.write(${JSON.stringify(text.slice(at, at + PIECE))}), 0`);
}
const seen = await run(`(async () => {
  loader.close();
  const { port1, port2 } = new MessageChannel();
  new tools.HeapSnapshot.SecondaryInitManager(port2);
  const heap = await loader.buildSnapshot(port1);
  const found = { nodes: heap.nodeCount, bytes: heap.totalSize, types: {}, retainers: {} };
  for (let number = 0; number < heap.nodeCount; number++) {
    const node = heap.createNode(number * heap.nodeFieldCount);
    found.types[node.name()] = (found.types[node.name()] ?? 0) + 1;
    for (const edges = node.retainers(); edges.hasNext(); edges.next()) {
      const edge = edges.item();
      const field = edge.node().name() + "." + String(edge.name()).replace(/\\d+/, "0");
      found.retainers[field + " -> " + node.name()] = node.retainedSize();
    }
  }
  return found;
})()`);
socket.close();
console.log(seen);

// The example's squads of nine ships, and the three nodes in front of the objects.
assert.equal(seen.nodes, Number(objects) + 3);
assert.equal(seen.types.Ship + seen.types.Squad, Number(objects));
for (const edge of ["Squad.members[0] -> Ship", "Ship.squad -> Squad", "Ship.wingman -> Ship"]) {
  assert(seen.retainers[edge] > 0, edge);
}
