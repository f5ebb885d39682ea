//! The customer, flows, bots, queues and the dialer.

use super::Script;
use crate::world::conversation::Metric;
use crate::world::reference::{FLOWS, QUEUES};
use crate::world::rng::{Uuid, tag};
use crate::world::text::AWKWARD;
use crate::world::{Via, World};

impl Script<'_> {
    pub(super) fn customer(&mut self) {
        let link = self.made.link;
        let phone = match link.contact {
            Some(contact) if link.is_linkable() => World::contact_phone(contact),
            Some(contact) if link.via == Via::SharedPhone => World::mobile_phone(contact),
            // Nobody in the CRM has it.
            _ => format!("+33199000{:03}", self.rng.below(1000)),
        };
        let business = "+12025550100".to_owned();
        let mut session = self.session();
        session.addresses = Some(match (self.media, self.made.direction) {
            ("voice" | "callback", "inbound") => {
                (format!("tel:{phone}"), format!("tel:{business}"))
            }
            ("voice" | "callback", _) => (format!("tel:{business}"), format!("tel:{phone}")),
            ("email", _) => (
                format!("customer{}@example.com", self.made.index),
                "service@example.com".to_owned(),
            ),
            _ => (phone.clone(), business),
        });
        session.metrics.push(self.metric("nConnected", 1));
        let name = match self.made.index % 40 {
            11 => Some(AWKWARD[self.made.index / 40 % AWKWARD.len()].to_owned()),
            23 => None,
            _ => Some(format!("Customer {}", self.made.index)),
        };
        let contact = link
            .external_contact
            .map(|one| self.world.external_contact_id(one).to_string());
        let party = self.party("customer", name);
        party.external_contact_id = contact;
        party.sessions.push(session);
    }

    /// The flow that receives the customer.
    pub(super) fn greet(&mut self) {
        let started = self.now;
        let spent = self.span(5, 60);
        self.now += spent;
        let voice = matches!(self.media, "voice" | "callback");
        let flow = usize::from(!voice);
        let mut session = self.session();
        session.flow = Some((
            self.world.flow_id(flow).to_string(),
            FLOWS[flow].0,
            FLOWS[flow].1,
            "TRANSFER",
        ));
        session.metrics.extend([
            Metric {
                at: started,
                ..self.metric("nFlow", 1)
            },
            self.metric("tFlow", spent),
            self.metric("tFlowExit", spent),
        ]);
        if voice {
            session.metrics.push(self.metric("tIvr", spent));
        }
        let mut segment = self.segment(
            if voice { "ivr" } else { "system" },
            started,
            Some("transfer"),
        );
        segment.queue_id = None;
        session.segments.push(segment);
        let purpose = if voice { "ivr" } else { "workflow" };
        self.party(purpose, Some(FLOWS[flow].0.to_owned()))
            .sessions
            .push(session);
    }

    pub(super) fn bot(&mut self, exit: &'static str) {
        let started = self.now;
        let spent = self.span(20, 300);
        self.now += spent;
        let mut session = self.session();
        session.flow = Some((
            self.world.flow_id(2).to_string(),
            FLOWS[2].0,
            FLOWS[2].1,
            exit,
        ));
        session.metrics.extend([
            Metric {
                at: started,
                ..self.metric("nBotInteractions", 1)
            },
            Metric {
                at: started,
                ..self.metric("nFlow", 1)
            },
            self.metric("tFlow", spent),
        ]);
        let disconnect = if exit == "TRANSFER" {
            "transfer"
        } else {
            "peer"
        };
        let mut segment = self.segment("system", started, Some(disconnect));
        segment.queue_id = None;
        session.segments.push(segment);
        self.party("botflow", Some(FLOWS[2].0.to_owned()))
            .sessions
            .push(session);
    }

    pub(super) fn acd(&mut self, started: i64, leaving: &'static str, metrics: &[Metric]) {
        let mut session = self.session();
        session.metrics.push(Metric {
            at: started,
            ..self.metric("nOffered", 1)
        });
        if self.now - started > 20_000 {
            session.metrics.push(Metric {
                name: "nOverSla",
                value: 1,
                at: started + 20_000,
            });
        }
        session.metrics.extend_from_slice(metrics);
        session
            .segments
            .push(self.segment("interact", started, Some(leaving)));
        let name = QUEUES[self.queue].0.to_owned();
        self.party("acd", Some(name)).sessions.push(session);
    }

    /// Waits in the queue until an agent is found.
    pub(super) fn queued(&mut self) {
        let started = self.now;
        self.waited = self.span(1, 300);
        self.now += self.waited;
        self.acd(started, "transfer", &[self.metric("tAcd", self.waited)]);
    }

    pub(super) fn abandoned(&mut self) {
        let started = self.now;
        let waited = self.span(5, 600);
        self.now += waited;
        let mut metrics = vec![self.metric("tAbandon", waited), self.metric("tAcd", waited)];
        if waited < 10_000 {
            metrics.push(self.metric("tShortAbandon", waited));
        }
        self.acd(started, "peer", &metrics);
    }

    pub(super) fn voicemail(&mut self) {
        let started = self.now;
        let waited = self.span(30, 200);
        self.now += waited;
        self.acd(
            started,
            "transfer",
            &[self.metric("tFlowOut", waited), self.metric("tAcd", waited)],
        );
        let began = self.now;
        let spoken = self.span(10, 90);
        self.now += spoken;
        let mut session = self.session();
        session.metrics.push(self.metric("tVoicemail", spoken));
        session
            .segments
            .push(self.segment("voicemail", began, Some("peer")));
        self.party("voicemail", Some("Voicemail".to_owned()))
            .sessions
            .push(session);
    }

    pub(super) fn scheduled(&mut self) {
        let started = self.now;
        let waited = self.span(600, 3600);
        self.now += waited;
        self.waited = waited;
        let metrics = [
            self.metric("tAcd", waited),
            self.metric("nCallbackScheduled", 1),
        ];
        self.acd(started, "transfer", &metrics);
    }

    /// The dialer calls and somebody picks up.
    pub(super) fn dialed(&mut self) {
        let seed = self.world.seed;
        let index = self.made.index as u64;
        let started = self.now;
        let ringing = self.span(3, 25);
        self.now += ringing;
        let (dialing, attempted, connected) = (
            self.metric("tDialing", ringing),
            Metric {
                at: started,
                ..self.metric("nOutboundAttempted", 1)
            },
            self.metric("nOutboundConnected", 1),
        );
        let segment = self.segment("dialing", started, None);
        let dialer = [
            Uuid::new(seed, tag::CAMPAIGN, index % 2).to_string(),
            Uuid::new(seed, tag::DIALER, index + 16).to_string(),
            Uuid::new(seed, tag::DIALER, index % 2).to_string(),
        ];
        if let Some(session) = self
            .made
            .participants
            .first_mut()
            .and_then(|one| one.sessions.first_mut())
        {
            session.metrics.extend([attempted, connected, dialing]);
            session.segments.push(segment);
            session.dialer = Some(dialer);
        }
    }
}
