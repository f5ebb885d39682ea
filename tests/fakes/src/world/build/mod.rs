//! Conversations, each told as a script: what the parties do, second by second.

mod agents;
mod extras;
mod parties;

use super::World;
use super::conversation::{Conversation, Metric, Participant, Scenario, Segment, Session};
use super::reference::QUEUES;
use super::rng::{Rng, Uuid, tag};

/// What happens in a conversation: a rotation, so that a hundred neighbours hold every scenario.
pub(super) fn scenario(world: &World, index: usize) -> Scenario {
    match (index * 37 + (world.seed % 100) as usize) % 100 {
        0..34 => Scenario::Answered,
        34..40 => Scenario::Held,
        40..45 => Scenario::BlindTransfer,
        45..48 => Scenario::ConsultTransfer,
        48..52 => Scenario::SecondAgent,
        52..55 => Scenario::NeverAnswered,
        55..65 => Scenario::Abandoned,
        65..73 => Scenario::BotOnly,
        73..80 => Scenario::BotThenAgent,
        80..83 => Scenario::Voicemail,
        83..85 => Scenario::Short,
        85..91 => Scenario::Dialer,
        91..94 => Scenario::ManualOutbound,
        94..97 => Scenario::Callback,
        97..99 => Scenario::Open,
        _ => Scenario::UnknownMedia,
    }
}

/// The medium of a conversation, drawn behind its queue.
pub(super) fn media(world: &World, index: usize) -> &'static str {
    let mut rng = Rng::new(world.seed, tag::SCRIPT, index as u64);
    rng.index(QUEUES.len());
    medium(scenario(world, index), &mut rng)
}

fn medium(scenario: Scenario, rng: &mut Rng) -> &'static str {
    match scenario {
        Scenario::Voicemail | Scenario::Dialer | Scenario::ManualOutbound | Scenario::Short => {
            "voice"
        }
        Scenario::Callback => "callback",
        Scenario::BotOnly | Scenario::BotThenAgent => {
            rng.pick(&["message", "message", "chat", "voice"])
        }
        Scenario::UnknownMedia => "spatial",
        Scenario::Open => rng.pick(&["voice", "email", "message"]),
        _ => rng.pick(&["voice", "voice", "voice", "chat", "message", "email"]),
    }
}

/// How an agent's part of a conversation goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Leaving {
    Customer,
    BlindTransfer,
    ConsultTransfer,
}

struct Script<'w> {
    world: &'w World,
    rng: Rng,
    made: Conversation,
    media: &'static str,
    now: i64,
    /// Durations are whole seconds when the start is.
    grain: i64,
    queue: usize,
    waited: i64,
}

/// Conversation `index` of a world.
pub(super) fn conversation(world: &World, index: usize) -> Conversation {
    let mut script = Script::new(world, index);
    script.play();
    script.attributes();
    script.quality();
    script.made
}

impl<'w> Script<'w> {
    fn new(world: &'w World, index: usize) -> Self {
        let mut rng = Rng::new(world.seed, tag::SCRIPT, index as u64);
        let scenario = scenario(world, index);
        let start_ms = world.starts[index];
        let queue = rng.index(QUEUES.len());
        let outbound = matches!(scenario, Scenario::Dialer | Scenario::ManualOutbound);
        let media = medium(scenario, &mut rng);
        let made = Conversation {
            index,
            id: Uuid::new(world.seed, tag::CONVERSATION, index as u64).to_string(),
            scenario,
            link: world.link(index),
            start_ms,
            end_ms: None,
            direction: if outbound { "outbound" } else { "inbound" },
            initiator: match scenario {
                Scenario::Dialer => "outbound",
                Scenario::ManualOutbound => "agent",
                _ => "customer",
            },
            division_id: world.division_id(QUEUES[queue].1).to_string(),
            external_tag: (index % 33 == 8).then(|| format!("ORDER-{index}")),
            self_served: None,
            participants: Vec::with_capacity(6),
            evaluations: Vec::new(),
            surveys: Vec::new(),
            has_bad_start: index % 10_000 == 61,
            has_unstorable_attribute: index % 10_000 == 122 || index % 10_000 == 183,
            has_unknown_fields: index % 50 == 17,
        };
        let grain = if start_ms % 1000 == 0 { 1000 } else { 1 };
        Self {
            world,
            rng,
            made,
            media,
            now: start_ms,
            grain,
            queue,
            waited: 0,
        }
    }

    fn play(&mut self) {
        self.customer();
        match self.made.scenario {
            Scenario::Answered | Scenario::Held | Scenario::Short | Scenario::UnknownMedia => {
                self.greet();
                self.queued();
                self.agent(Leaving::Customer);
            }
            Scenario::BlindTransfer | Scenario::ConsultTransfer => {
                self.greet();
                self.queued();
                let leaving = if self.made.scenario == Scenario::BlindTransfer {
                    Leaving::BlindTransfer
                } else {
                    Leaving::ConsultTransfer
                };
                self.agent(leaving);
                self.queue = (self.queue + 1) % QUEUES.len();
                self.queued();
                self.agent(Leaving::Customer);
            }
            Scenario::SecondAgent => {
                self.greet();
                self.queued();
                self.ignoring_agent();
                self.queued();
                self.agent(Leaving::Customer);
            }
            Scenario::NeverAnswered => {
                self.greet();
                self.queued();
                self.ignoring_agent();
                self.abandoned();
            }
            Scenario::Abandoned => {
                self.greet();
                self.abandoned();
            }
            Scenario::BotOnly => {
                self.bot("FLOW_DISCONNECT");
                self.made.self_served = Some(true);
            }
            Scenario::BotThenAgent => {
                self.bot("TRANSFER");
                self.queued();
                self.agent(Leaving::Customer);
            }
            Scenario::Voicemail => {
                self.greet();
                self.voicemail();
            }
            Scenario::Dialer => {
                self.dialed();
                self.queued();
                self.agent(Leaving::Customer);
            }
            Scenario::ManualOutbound => self.agent(Leaving::Customer),
            Scenario::Callback => {
                self.greet();
                self.scheduled();
                self.agent(Leaving::Customer);
            }
            Scenario::Open => {
                self.greet();
                self.queued();
                self.open_agent();
            }
        }
        self.hang_up();
    }

    fn span(&mut self, low_s: i64, high_s: i64) -> i64 {
        let millis = self.rng.between(low_s * 1000, high_s * 1000);
        (millis / self.grain * self.grain).max(self.grain)
    }

    fn queue_id(&self) -> String {
        self.world.queue_id(self.queue).to_string()
    }

    fn party(&mut self, purpose: &'static str, name: Option<String>) -> &mut Participant {
        let place = (self.made.index * 16 + self.made.participants.len()) as u64;
        self.made.participants.push(Participant {
            id: Uuid::new(self.world.seed, tag::PARTICIPANT, place).to_string(),
            purpose,
            name,
            user_id: None,
            external_contact_id: None,
            attributes: Some(Vec::new()),
            sessions: Vec::with_capacity(1),
        });
        let last = self.made.participants.len() - 1;
        &mut self.made.participants[last]
    }

    fn session(&self) -> Session {
        // One session per party: the party's number is the session's.
        let place = (self.made.index * 16 + self.made.participants.len()) as u64;
        let customer = self
            .made
            .participants
            .first()
            .and_then(|one| one.sessions.first());
        Session {
            id: Uuid::new(self.world.seed, tag::SESSION, place).to_string(),
            peer_id: customer.map(|session| session.id.clone()),
            media: self.media,
            direction: self.made.direction,
            addresses: None,
            selected_agent_id: None,
            dialer: customer.and_then(|session| session.dialer.clone()),
            flow: None,
            metrics: Vec::with_capacity(8),
            segments: Vec::with_capacity(4),
        }
    }

    fn segment(
        &self,
        kind: &'static str,
        start_ms: i64,
        disconnect: Option<&'static str>,
    ) -> Segment {
        Segment {
            kind,
            start_ms,
            end_ms: Some(self.now),
            queue_id: Some(self.queue_id()),
            disconnect,
            wrap_up_code: None,
            wrap_up_note: None,
        }
    }

    fn metric(&self, name: &'static str, value: i64) -> Metric {
        Metric {
            name,
            value,
            at: self.now,
        }
    }

    fn hang_up(&mut self) {
        let open = self.made.scenario == Scenario::Open;
        let end = (!open).then_some(self.now);
        self.made.end_ms = end;
        let duration = self.now - self.made.start_ms;
        let finished = self.metric("tConversationDuration", duration);
        let unknown = self.made.scenario == Scenario::UnknownMedia;
        let begun = self.made.start_ms;
        let queue_id = Some(self.queue_id());
        if let Some(session) = self
            .made
            .participants
            .first_mut()
            .and_then(|one| one.sessions.first_mut())
        {
            let start_ms = session
                .segments
                .last()
                .and_then(|one| one.end_ms)
                .unwrap_or(begun);
            session.segments.push(Segment {
                kind: if unknown { "preview" } else { "interact" },
                start_ms,
                end_ms: end,
                queue_id,
                disconnect: end.map(|_| "endpoint"),
                wrap_up_code: None,
                wrap_up_note: None,
            });
            if end.is_some() {
                session.metrics.push(finished);
            }
        }
    }
}
