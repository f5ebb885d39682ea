//! Agents: those who answer, those who do not, and one who is still talking.

use super::{Leaving, Script};
use crate::world::Scenario;
use crate::world::conversation::{Metric, Session};
use crate::world::reference::{USERS, WRAPUPS};
use crate::world::text::AWKWARD;

impl Script<'_> {
    pub(super) fn pick_agent(&mut self) -> String {
        let user = self.rng.index(USERS);
        self.world.user_id(user).to_string()
    }

    /// An agent's phone rings and nobody answers.
    pub(super) fn ignoring_agent(&mut self) {
        let agent = self.pick_agent();
        let started = self.now;
        let rung = self.span(8, 20);
        self.now += rung;
        let mut session = self.session();
        session.selected_agent_id = Some(agent.clone());
        session.metrics.extend([
            self.metric("tAlert", rung),
            self.metric("tNotResponding", rung),
            self.metric("nAlertExpired", 1),
        ]);
        session
            .segments
            .push(self.segment("alert", started, Some("noAnswerTransfer")));
        let party = self.party("agent", None);
        party.user_id = Some(agent);
        party.sessions.push(session);
    }

    pub(super) fn agent(&mut self, leaving: Leaving) {
        let agent = self.pick_agent();
        let mut session = self.session();
        session.selected_agent_id = Some(agent.clone());
        if self.made.direction == "inbound" {
            let started = self.now;
            let rung = self.span(1, 12);
            self.now += rung;
            session.metrics.push(self.metric("tAlert", rung));
            session.segments.push(self.segment("alert", started, None));
        }
        session.metrics.push(self.metric("tAnswered", self.waited));
        let talk_start = self.now;
        let talks = match (self.made.scenario, self.media) {
            (Scenario::Short, _) => self.span(1, 4),
            (_, "email") => self.span(120, 5400),
            _ => self.span(30, 900),
        };
        self.now += talks;
        let mut talked = talks;
        let mut held = 0;
        session.metrics.push(self.metric("tTalk", talks));
        let holds = self.made.scenario == Scenario::Held || leaving == Leaving::ConsultTransfer;
        if holds {
            session
                .segments
                .push(self.segment("interact", talk_start, None));
            let hold_start = self.now;
            held = self.span(10, 240);
            self.now += held;
            session.metrics.push(self.metric("tHeld", held));
            session
                .segments
                .push(self.segment("hold", hold_start, None));
            let resumed = self.now;
            let more = self.span(5, 120);
            self.now += more;
            talked += more;
            session.metrics.push(self.metric("tTalk", more));
            session
                .segments
                .push(self.segment("interact", resumed, Some(reason(leaving))));
        } else {
            session
                .segments
                .push(self.segment("interact", talk_start, Some(reason(leaving))));
        }
        match leaving {
            Leaving::Customer => {}
            Leaving::BlindTransfer => {
                session.metrics.extend([
                    self.metric("nBlindTransferred", 1),
                    self.metric("nTransferred", 1),
                ]);
            }
            Leaving::ConsultTransfer => session.metrics.extend([
                self.metric("nConsult", 1),
                self.metric("nConsultTransferred", 1),
                self.metric("nTransferred", 1),
            ]),
        }
        session.metrics.push(self.metric("tTalkComplete", talked));
        if held > 0 {
            session.metrics.push(self.metric("tHeldComplete", held));
        }
        self.wrap_up(&mut session, talked, held);
        let attributes = self
            .rng
            .percent(15)
            .then(|| vec![("script_outcome".to_owned(), "resolved".to_owned())]);
        let party = self.party("agent", None);
        party.user_id = Some(agent);
        party.attributes = attributes.or_else(|| Some(Vec::new()));
        party.sessions.push(session);
    }

    /// After-contact work goes on while the conversation moves on or ends: it never advances the clock.
    pub(super) fn wrap_up(&mut self, session: &mut Session, talked: i64, held: i64) {
        let acw = if self.rng.percent(85) {
            self.span(3, 90)
        } else {
            0
        };
        let done = self.now + acw;
        if acw > 0 {
            let mut segment = self.segment("wrapup", self.now, None);
            segment.end_ms = Some(done);
            let code = self.rng.index(WRAPUPS.len() + 1);
            // The last is a code typed by a script: no listing knows it.
            segment.wrap_up_code = Some(if code < WRAPUPS.len() {
                self.world.wrapup_id(code).to_string()
            } else {
                "ININ-WRAP-UP-TIMEOUT".to_owned()
            });
            let note = self.made.index + session.segments.len();
            segment.wrap_up_note =
                (note % 12 == 5).then(|| AWKWARD[note / 12 % AWKWARD.len()].to_owned());
            session.segments.push(segment);
            session.metrics.push(Metric {
                name: "tAcw",
                value: acw,
                at: done,
            });
        }
        session.metrics.push(Metric {
            name: "tHandle",
            value: talked + held + acw,
            at: done,
        });
    }

    /// An agent who is still talking: no end anywhere, and no handle time yet.
    pub(super) fn open_agent(&mut self) {
        let agent = self.pick_agent();
        let started = self.now;
        let rung = self.span(1, 12);
        self.now += rung;
        let mut session = self.session();
        session.selected_agent_id = Some(agent.clone());
        session.metrics.extend([
            self.metric("tAlert", rung),
            self.metric("tAnswered", self.waited),
        ]);
        session.segments.push(self.segment("alert", started, None));
        let mut segment = self.segment("interact", self.now, None);
        segment.end_ms = None;
        session.segments.push(segment);
        let party = self.party("agent", None);
        party.user_id = Some(agent);
        party.sessions.push(session);
    }
}

const fn reason(leaving: Leaving) -> &'static str {
    match leaving {
        Leaving::Customer => "peer",
        Leaving::BlindTransfer => "transfer",
        Leaving::ConsultTransfer => "consultTransfer",
    }
}
