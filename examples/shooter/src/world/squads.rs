//! Squads: a leader and members that refer to each other.

use super::{
    ARENA, Clock, Luck, Serials,
    math::{Dice, Vec2, vec2},
    ships::{self, Class, Ship, ShipRef, Team},
};
use bevy_ecs::prelude::*;
use gc_bevy::GcHeap;
use gc_core::{Gc, Heap, Trace};

/// Ships of a squad, its leader among them.
const STRENGTH: usize = 6;
/// Squads of a team at the same time.
const SQUADS: usize = 9;
/// Frames until a lost squad or flagship is replaced.
const REPLACEMENT: u32 = 90;

/// Ships that fly in formation. A member that was shot down stays in the list, as it does in games that have more
/// urgent things to do; when the last one falls, squad and wrecks are a cycle that nothing else refers to.
#[derive(Trace)]
pub struct Squad {
    pub leader: Gc<Ship>,
    pub members: Vec<Gc<Ship>>,
    waypoint: Vec2,
    waypoint_frames: u32,
}

/// Keeps a squad in play.
#[derive(Component)]
pub struct SquadRef(pub Gc<Squad>);

/// What arrives later: frames until the next squads and flagships of each team.
#[derive(Resource, Default)]
pub struct Reserve {
    squads: [Vec<u32>; 2],
    flagships: [Option<u32>; 2],
}

impl Reserve {
    pub fn flagship_lost(&mut self, team: Team) {
        self.flagships[team as usize] = Some(REPLACEMENT);
    }

    fn squad_lost(&mut self, team: Team) {
        self.squads[team as usize].push(REPLACEMENT);
    }
}

/// A round begins with the squads of both teams.
pub fn muster(
    mut heap: ResMut<GcHeap>,
    mut serials: ResMut<Serials>,
    mut luck: ResMut<Luck>,
    mut commands: Commands,
) {
    for team in Team::BOTH {
        for _ in 0..SQUADS {
            arrive(&mut heap, &mut serials, &mut luck.0, &mut commands, team);
        }
    }
}

/// A squad arrives at its team's gate.
pub fn arrive(
    heap: &mut Heap,
    serials: &mut Serials,
    dice: &mut Dice,
    commands: &mut Commands,
    team: Team,
) {
    let gate = team.gate() + vec2(0.0, dice.between(-400.0, 400.0));
    let members: Vec<Gc<Ship>> = (0..STRENGTH)
        .map(|i| {
            let place = gate + formation(i);
            ships::launch(heap, serials, team, Class::Fighter, place).0
        })
        .collect();
    let squad = heap.alloc(Squad {
        leader: members[0].clone(),
        members: members.clone(),
        waypoint: ARENA * 0.5,
        waypoint_frames: 0,
    });
    for ship in &members {
        heap[ship].squad = Some(squad.clone());
    }
    commands.spawn(SquadRef(squad));
    commands.spawn_batch(members.into_iter().map(ShipRef).collect::<Vec<_>>());
}

/// The place of a member behind its leader: a wedge.
fn formation(index: usize) -> Vec2 {
    let (row, side) = (
        index.div_ceil(2) as f32,
        if index.is_multiple_of(2) { 1.0 } else { -1.0 },
    );
    vec2(-26.0 * row, 22.0 * row * side)
}

/// Lost squads and flagships are replaced after a while.
pub fn reinforce(
    mut heap: ResMut<GcHeap>,
    mut serials: ResMut<Serials>,
    mut luck: ResMut<Luck>,
    mut reserve: ResMut<Reserve>,
    mut commands: Commands,
) {
    for team in Team::BOTH {
        let waiting = &mut reserve.squads[team as usize];
        waiting.iter_mut().for_each(|frames| *frames -= 1);
        let due = waiting.iter().filter(|&&frames| frames == 0).count();
        waiting.retain(|&frames| frames > 0);
        for _ in 0..due {
            arrive(&mut heap, &mut serials, &mut luck.0, &mut commands, team);
        }
        let flagship = &mut reserve.flagships[team as usize];
        match flagship {
            Some(0) => {
                *flagship = None;
                commands.spawn(ships::launch(
                    &mut heap,
                    &mut serials,
                    team,
                    Class::Flagship,
                    team.gate(),
                ));
            }
            Some(frames) => *frames -= 1,
            None => {}
        }
    }
}

/// Leaders choose where to go, members follow, and everyone takes aim at an enemy.
pub fn lead(
    mut heap: ResMut<GcHeap>,
    mut luck: ResMut<Luck>,
    clock: Res<Clock>,
    squads: Query<&SquadRef>,
    ships: Query<&ShipRef>,
) {
    let heap = &mut **heap;
    for SquadRef(handle) in &squads {
        let squad = &mut heap[handle];
        squad.waypoint_frames = squad.waypoint_frames.saturating_sub(1);
        if squad.waypoint_frames == 0 {
            squad.waypoint_frames = 60 + luck.0.below(120);
            squad.waypoint = vec2(
                luck.0.between(150.0, ARENA.x - 150.0),
                luck.0.between(100.0, ARENA.y - 100.0),
            );
        }
        succeed(heap, handle);
        keep_formation(heap, handle);
    }
    take_aim(heap, clock.frame, &ships);
}

/// When the leader was shot down, the first member that is in play takes over.
fn succeed(heap: &mut Heap, handle: &Gc<Squad>) {
    let squad = &heap[handle];
    if heap[&squad.leader].hull <= 0
        && let Some(next) = squad
            .members
            .iter()
            .find(|&member| heap[member].hull > 0)
            .cloned()
    {
        heap[handle].leader = next;
    }
}

fn keep_formation(heap: &mut Heap, handle: &Gc<Squad>) {
    let squad = &heap[handle];
    let (waypoint, leader) = (squad.waypoint, &heap[&squad.leader]);
    let (lead, forward) = (
        leader.place,
        if leader.team == Team::Blue { 1.0 } else { -1.0 },
    );
    for i in 0..squad.members.len() {
        let squad = &heap[handle];
        let member = squad.members[i].clone();
        let behind = formation(i);
        heap[&member].goal = if member == squad.leader {
            waypoint
        } else {
            lead + vec2(behind.x * forward, behind.y)
        };
    }
}

/// Every ship looks around twice a second, and when its target is gone: the nearest enemy is its target.
fn take_aim(heap: &mut Heap, frame: u32, ships: &Query<&ShipRef>) {
    let all: Vec<(Team, Vec2, &Gc<Ship>)> = ships
        .iter()
        .map(|ShipRef(handle)| (heap[handle].team, heap[handle].place, handle))
        .collect();
    for &(team, place, handle) in &all {
        let ship = &heap[handle];
        let looks_around = (frame + ship.serial).is_multiple_of(30);
        if !looks_around && ships::in_play(heap, ship.target).is_some() {
            continue;
        }
        let distance = |&&(_, other, _): &&(Team, Vec2, &Gc<Ship>)| other.distance_squared(place);
        let nearest = all
            .iter()
            .filter(|&&(other, ..)| other != team)
            .min_by(|one, two| distance(one).total_cmp(&distance(two)));
        heap[handle].target = nearest
            .map(|&(.., target)| target.downgrade())
            .unwrap_or_default();
    }
}

/// A squad with nobody left in play is given up.
pub fn disband(
    heap: Res<GcHeap>,
    mut reserve: ResMut<Reserve>,
    mut commands: Commands,
    squads: Query<(Entity, &SquadRef)>,
) {
    for (entity, SquadRef(handle)) in &squads {
        let squad = &heap[handle];
        if squad.members.iter().all(|member| heap[member].hull <= 0) {
            reserve.squad_lost(heap[&squad.leader].team);
            commands.entity(entity).despawn();
        }
    }
}
