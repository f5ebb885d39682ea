//! A conversation before it is rendered: the parts tests may want to look at.

use super::link::Link;
use super::rng::Uuid;

/// What happens in a conversation. Every hundred neighbours hold each of them at least once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scenario {
    /// One agent answers.
    Answered,
    /// One agent answers and puts the customer on hold.
    Held,
    /// The first agent passes the customer on without a word.
    BlindTransfer,
    /// The first agent talks to the second before passing on.
    ConsultTransfer,
    /// The first agent does not pick up, the second does.
    SecondAgent,
    /// An agent is alerted, never answers, and the customer gives up.
    NeverAnswered,
    /// The customer gives up in the queue.
    Abandoned,
    /// A bot does it all.
    BotOnly,
    /// A bot hands over to an agent.
    BotThenAgent,
    /// The customer leaves a voicemail.
    Voicemail,
    /// Over within seconds.
    Short,
    /// A dialer campaign calls.
    Dialer,
    /// An agent calls.
    ManualOutbound,
    /// A callback is scheduled and made.
    Callback,
    /// Has not ended.
    Open,
    /// A medium nobody has heard of.
    UnknownMedia,
}

/// A conversation.
#[derive(Debug, Clone)]
pub struct Conversation {
    /// Its place in the order of starts.
    pub index: usize,
    /// Its `conversationId`.
    pub id: String,
    /// What happens.
    pub scenario: Scenario,
    /// How it leads to the CRM.
    pub link: Link,
    /// Start in milliseconds.
    pub start_ms: i64,
    /// End in milliseconds; none while open.
    pub end_ms: Option<i64>,
    /// `inbound` or `outbound`.
    pub direction: &'static str,
    /// `conversationInitiator`.
    pub initiator: &'static str,
    /// The one division it belongs to.
    pub division_id: String,
    /// A tag of the customer's own.
    pub external_tag: Option<String>,
    /// True when a bot alone settled it.
    pub self_served: Option<bool>,
    /// Parties, the customer first.
    pub participants: Vec<Participant>,
    /// Quality evaluations.
    pub evaluations: Vec<Evaluation>,
    /// Surveys.
    pub surveys: Vec<Survey>,
    /// The record's `conversationStart` is no timestamp.
    pub has_bad_start: bool,
    /// A value that COPY cannot carry stands in an attribute.
    pub has_unstorable_attribute: bool,
    /// Carries properties no definition knows.
    pub has_unknown_fields: bool,
}

/// A party of a conversation.
#[derive(Debug, Clone)]
pub struct Participant {
    /// Its id.
    pub id: String,
    /// Its role.
    pub purpose: &'static str,
    /// Its name on the record.
    pub name: Option<String>,
    /// The user, for agents.
    pub user_id: Option<String>,
    /// The customer's external contact.
    pub external_contact_id: Option<String>,
    /// Attributes; none when the record has no such property.
    pub attributes: Option<Vec<(String, String)>>,
    /// Connections.
    pub sessions: Vec<Session>,
}

/// A connection of a party on one medium.
#[derive(Debug, Clone)]
pub struct Session {
    /// Its id.
    pub id: String,
    /// The other side's session.
    pub peer_id: Option<String>,
    /// Medium.
    pub media: &'static str,
    /// `inbound` or `outbound`.
    pub direction: &'static str,
    /// The calling and the called address.
    pub addresses: Option<(String, String)>,
    /// The agent a queue chose.
    pub selected_agent_id: Option<String>,
    /// The dialer's campaign, contact and contact list.
    pub dialer: Option<[String; 3]>,
    /// The flow that ran: id, name, type, exit reason.
    pub flow: Option<(String, &'static str, &'static str, &'static str)>,
    /// Metrics.
    pub metrics: Vec<Metric>,
    /// States.
    pub segments: Vec<Segment>,
}

/// A metric of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// Milliseconds, count or observation.
    pub value: i64,
    /// When it was emitted, in milliseconds.
    pub at: i64,
}

/// A state of a session.
#[derive(Debug, Clone)]
pub struct Segment {
    /// What the party did.
    pub kind: &'static str,
    /// Start in milliseconds.
    pub start_ms: i64,
    /// End in milliseconds; none while open.
    pub end_ms: Option<i64>,
    /// The queue it belongs to.
    pub queue_id: Option<String>,
    /// Why it ended the connection.
    pub disconnect: Option<&'static str>,
    /// The wrap-up code.
    pub wrap_up_code: Option<String>,
    /// The agent's note.
    pub wrap_up_note: Option<String>,
}

/// A quality evaluation.
#[derive(Debug, Clone)]
pub struct Evaluation {
    pub(crate) id: Uuid,
    pub(crate) form: Uuid,
    pub(crate) evaluator_id: String,
    /// The agent evaluated.
    pub user_id: String,
    pub(crate) queue_id: Option<String>,
    /// `Finished`, `InProgress`, …
    pub status: &'static str,
    /// When it was last touched, in milliseconds.
    pub at: i64,
    /// Total and critical score; none while unfinished.
    pub scores: Option<(i64, i64)>,
}

/// A survey.
#[derive(Debug, Clone)]
pub struct Survey {
    pub(crate) id: Uuid,
    pub(crate) form: Uuid,
    /// The agent it is about.
    pub user_id: String,
    pub(crate) queue_id: Option<String>,
    /// `Finished`, `Sent`, …
    pub status: &'static str,
    /// When it was completed or sent, in milliseconds.
    pub at: i64,
    /// Form score and promoter score; none while unanswered.
    pub scores: Option<(i64, i64)>,
}

impl Conversation {
    /// Sum of a metric over the sessions of agents.
    pub fn agents_total(&self, metric: &str) -> i64 {
        self.metrics()
            .filter(|(participant, one)| participant.purpose == "agent" && one.name == metric)
            .map(|(_, one)| one.value)
            .sum()
    }

    /// True when any session carries the metric.
    pub fn has_metric(&self, metric: &str) -> bool {
        self.metrics().any(|(_, one)| one.name == metric)
    }

    fn metrics(&self) -> impl Iterator<Item = (&Participant, &Metric)> {
        self.participants.iter().flat_map(|participant| {
            let metrics = participant
                .sessions
                .iter()
                .flat_map(|session| &session.metrics);
            metrics.map(move |metric| (participant, metric))
        })
    }

    /// Every value of an attribute, in the order of the participants.
    pub fn attribute<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let all = self
            .participants
            .iter()
            .flat_map(|one| one.attributes.iter().flatten());
        all.filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// True when the record must end in quarantine. A query's records carry no attributes, so fewer are refused.
    pub const fn is_unstorable(&self, form: super::Form) -> bool {
        self.has_bad_start || (self.has_unstorable_attribute && matches!(form, super::Form::Job))
    }
}
