//! The steps of a migration: small transactions, each with its own book-keeping, each safe to repeat.

use crate::grants::LOCK;
use crate::others::regrants;
use crate::recorded::{BOOK_KEEPING, MAX_STATEMENTS, Recorded, book_keeping, groups};
use crate::units::{AddColumn, Changes, Unit, published, tables};
use crate::views::{Renewal, relation, renewal, views};
use crate::{Call, MigrateError, Migrator, SCHEMA_VERSION, Waiting, access};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::time::Duration;
use warehouse::{Batch, Status, Value, WarehouseError, dictionary, sql};

/// Attempts at a fill that conflicts with merges.
const MAX_ATTEMPTS: u32 = 20;
/// Attempts at a small transaction that conflicts with others.
const MAX_TRIES: u32 = 5;
/// A call with less time left leaves the next step to the next call.
pub(crate) const ENOUGH: Duration = Duration::from_mins(1);
/// How long one poll waits.
const POLL: Duration = Duration::from_secs(30);

/// What became of a long statement.
pub(crate) enum Followed {
    /// It runs: call again.
    Running,
    /// Committed.
    Committed,
    /// A merge was in the way: it is to be submitted again.
    Conflict,
}

impl Migrator {
    /// What was applied; a warehouse without any gets its schemas first.
    pub(crate) async fn recorded(&self, call: &Call) -> Result<Recorded, MigrateError> {
        match self.read_recorded(call).await {
            Ok(recorded) => Ok(recorded),
            // No `ops.schema_version` yet: a new warehouse.
            Err(WarehouseError::Statement { .. }) => {
                let mut statements: Vec<_> = ["\"raw\"", "staging", "curated", "mart", "ops"]
                    .iter()
                    .map(|schema| format!("create schema if not exists {schema}"))
                    .collect();
                statements.extend(sql::file("ops/schema_version.sql")?.statements());
                let made = self.run_batch("bootstrap", statements, vec![], call).await;
                // Another migration may have made them at the same time: then they are there.
                let recorded = match (made, self.read_recorded(call).await) {
                    (_, Ok(recorded)) => recorded,
                    (Err(error), Err(_)) | (Ok(()), Err(error)) => return Err(error.into()),
                };
                let is_new = recorded.units.is_empty();
                Ok(Recorded { is_new, ..recorded })
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn read_recorded(&self, call: &Call) -> Result<Recorded, WarehouseError> {
        let query = "select unit, sha256, version, cast(applied_at as varchar(32)) as applied_at from ops.schema_version";
        let rows = self
            .warehouse
            .query("migrate/recorded", query, &[], call.deadline.left())
            .await?;
        Ok(Recorded::of(&rows))
    }

    /// Makes the tables that are not there, and brings the others to their newest definitions.
    pub(crate) async fn apply_tables(
        &self,
        recorded: &Recorded,
        call: &mut Call,
    ) -> Result<ControlFlow<Waiting>, MigrateError> {
        let (known, changes) = (published()?, Changes::parse(&self.changes)?);
        let mut missing = Vec::new();
        let mut older = Vec::new();
        for unit in tables()? {
            match recorded.units.get(&unit.name) {
                None => missing.push(unit),
                Some(sha256) if *sha256 == unit.sha256 => {}
                Some(sha256) => {
                    let is_known = known
                        .get(&unit.name)
                        .is_some_and(|known| known.contains(sha256));
                    let columns = changes.columns.get(&unit.name).filter(|_| is_known);
                    let Some(columns) = columns else {
                        return Err(MigrateError::Edited { unit: unit.name });
                    };
                    older.push((unit, columns.clone()));
                }
            }
        }
        for group in groups(missing) {
            if call.is_late() {
                return Ok(ControlFlow::Break(Waiting::default()));
            }
            let statements = group
                .iter()
                .flat_map(|unit| unit.statements.clone())
                .collect();
            self.apply("tables", statements, &[], &group, call).await?;
        }
        for (unit, columns) in older {
            if call.is_late() {
                return Ok(ControlFlow::Break(Waiting::default()));
            }
            self.add_columns(&unit, &columns, call).await?;
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Adds the columns a table lacks. Whoever comes second finds them there: it looks again, and has nothing left to do.
    async fn add_columns(
        &self,
        unit: &Unit,
        columns: &[AddColumn],
        call: &mut Call,
    ) -> Result<(), MigrateError> {
        let mut before = None;
        loop {
            let present = self.columns_of(columns, call).await?;
            let mut statements: Vec<String> = columns
                .iter()
                .filter(|column| !present.contains(&column.column))
                .map(|column| column.statement.clone())
                .collect();
            let most = MAX_STATEMENTS - BOOK_KEEPING;
            while statements.len() > most {
                let rest = statements.split_off(most);
                self.apply(
                    "columns",
                    std::mem::replace(&mut statements, rest),
                    &[],
                    &[],
                    call,
                )
                .await?;
            }
            match self
                .apply("columns", statements, &[], std::slice::from_ref(unit), call)
                .await
            {
                // Another migration has added one of them meanwhile: there are more than before.
                Err(MigrateError::Warehouse(WarehouseError::Statement { .. }))
                    if before.as_ref() != Some(&present) =>
                {
                    before = Some(present);
                }
                other => return other,
            }
        }
    }

    async fn columns_of(
        &self,
        columns: &[AddColumn],
        call: &Call,
    ) -> Result<BTreeSet<String>, MigrateError> {
        let Some(first) = columns.first() else {
            return Ok(BTreeSet::new());
        };
        let query = "select cast(column_name as varchar(256)) as column_name from information_schema.columns \
                     where table_schema = :table_schema and table_name = :table_name";
        let values = [
            ("table_schema".to_owned(), first.schema.clone()),
            ("table_name".to_owned(), first.table.clone()),
        ];
        let rows = self
            .warehouse
            .query("migrate/columns", query, &values, call.deadline.left())
            .await?;
        let names = rows
            .iter()
            .filter_map(|row| row.first().and_then(Value::text));
        Ok(names.collect())
    }

    /// Fills tables from what is there already, one statement after the other, each for as long as it takes.
    pub(crate) async fn fill(
        &self,
        recorded: &Recorded,
        call: &mut Call,
    ) -> Result<ControlFlow<Waiting>, MigrateError> {
        let fills: Vec<_> = Changes::parse(&self.changes)?
            .fills
            .into_iter()
            .filter(|unit| !recorded.has(unit))
            .collect();
        if recorded.is_new {
            // Nothing is there to fill from.
            for group in fills.chunks(MAX_STATEMENTS) {
                self.apply("fills", Vec::new(), &[], group, call).await?;
            }
            return Ok(ControlFlow::Continue(()));
        }
        for unit in fills {
            loop {
                if call.is_late() {
                    return Ok(ControlFlow::Break(Waiting::default()));
                }
                // A merge at the same time would write the same rows: its turn is taken, or this conflicts and is tried again.
                let mut statements =
                    vec!["update ops.turn set step = 'merge' where step = 'merge'".to_owned()];
                statements.extend(unit.statements.iter().cloned());
                let (book_keeping, parameters) =
                    book_keeping(&[], std::slice::from_ref(&unit), call.applied);
                statements.extend(book_keeping);
                let batch = self.batch(&unit.name, statements, parameters, call);
                let statement_id = self.warehouse.submit(&batch).await?;
                match self.follow(&statement_id, call).await? {
                    Followed::Running => return Ok(ControlFlow::Break(Waiting { statement_id })),
                    Followed::Committed => {
                        call.attempt = 0;
                        call.applied += 1;
                        break;
                    }
                    Followed::Conflict if call.attempt < MAX_ATTEMPTS => call.attempt += 1,
                    Followed::Conflict => {
                        return Err(MigrateError::Conflicts {
                            unit: unit.name,
                            attempts: MAX_ATTEMPTS,
                        });
                    }
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Waits for a long statement for as long as the call has time.
    pub(crate) async fn follow(
        &self,
        statement_id: &str,
        call: &Call,
    ) -> Result<Followed, MigrateError> {
        loop {
            let left = call.deadline.left().saturating_sub(ENOUGH);
            match self.warehouse.poll(statement_id, POLL.min(left)).await {
                Ok(Status::Finished(_)) => return Ok(Followed::Committed),
                Ok(Status::Running) if call.is_late() => return Ok(Followed::Running),
                Ok(Status::Running) => {}
                Err(error) if error.is_conflict() => {
                    tracing::warn!("Another transaction was in the way, trying again: {error}");
                    return Ok(Followed::Conflict);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Makes the views anew that have changed, with what others read of them. All of them go in the first transaction and come back in as
    /// few as the limit allows; a call that is cut off between two leaves views without rows in the book-keeping, and the next one makes
    /// them.
    pub(crate) async fn apply_views(
        &self,
        recorded: &Recorded,
        call: &mut Call,
    ) -> Result<(), MigrateError> {
        let mut others = access::partner_views(&self.settings.partners)?;
        others.push(Unit::new(dictionary::VIEW, vec![dictionary::view()?]));
        let views = views(others)?;
        let Renewal { gone, anew } = renewal(views, &recorded.views);
        if gone.is_empty() {
            return Ok(());
        }
        let names: Vec<_> = gone.iter().map(|unit| relation(unit)).collect();
        let kept = self.kept(&names, call).await?;
        let columns = access::columns(&self.settings.partners)?;
        let mut before = vec![format!("drop view if exists {}", names.join(", "))];
        let mut forgotten = gone;
        let units: Vec<_> = anew.into_iter().map(|view| view.unit).collect();
        let mut groups = groups(units);
        if groups.is_empty() {
            groups.push(Vec::new());
        }
        for group in groups {
            let mut statements = std::mem::take(&mut before);
            statements.extend(group.iter().flat_map(|unit| unit.statements.clone()));
            let forgotten = std::mem::take(&mut forgotten);
            let made: Vec<_> = group.iter().map(|unit| relation(&unit.name)).collect();
            let mut grants = regrants(&kept, &made, &columns);
            let room = (MAX_STATEMENTS - BOOK_KEEPING).saturating_sub(made.len());
            let mut later = grants.split_off(room.min(grants.len()));
            let all = statements.iter().chain(&grants).cloned().collect();
            let mut applied = self.apply("views", all, &forgotten, &group, call).await;
            if let Err(MigrateError::Warehouse(cause @ WarehouseError::Statement { .. })) = &applied
                && !grants.is_empty()
                && !cause.is_conflict()
            {
                // Somebody else's grant is no reason to do without a view.
                tracing::warn!("Making the views without what others read of them: {cause}");
                later.splice(..0, grants);
                applied = self
                    .apply("views", statements, &forgotten, &group, call)
                    .await;
            }
            if let Err(MigrateError::Warehouse(cause)) = applied {
                return Err(self.explained(cause, call).await);
            }
            applied?;
            self.grant_each(&later, call).await?;
        }
        Ok(())
    }

    /// Runs `statements` and writes the units' rows in one transaction.
    async fn apply(
        &self,
        step: &str,
        statements: Vec<String>,
        forgotten: &[String],
        units: &[Unit],
        call: &mut Call,
    ) -> Result<(), MigrateError> {
        // Two migrations at once take turns here.
        let mut all = vec![LOCK.to_owned()];
        all.extend(statements);
        let (book_keeping, parameters) = book_keeping(forgotten, units, call.applied);
        all.extend(book_keeping);
        self.run_batch(step, all, parameters, call).await?;
        call.applied += units.len();
        Ok(())
    }

    /// Runs one transaction. When another one was in the way, it has left nothing, and is submitted again.
    pub(crate) async fn run_batch(
        &self,
        step: &str,
        statements: Vec<String>,
        parameters: Vec<(String, String)>,
        call: &Call,
    ) -> Result<(), WarehouseError> {
        let mut tries = 1;
        loop {
            let batch = self.batch(step, statements.clone(), parameters.clone(), call);
            match self.warehouse.run(&batch, call.deadline.left()).await {
                Err(error) if error.is_conflict() && tries < MAX_TRIES && !call.is_late() => {
                    tracing::warn!("Another transaction was in the way, trying again: {error}");
                    tries += 1;
                }
                other => return other.map(|_| ()),
            }
        }
    }

    /// A batch with a token of its own: network retries by the SDK submit nothing twice, a later one starts anew.
    fn batch(
        &self,
        step: &str,
        statements: Vec<String>,
        parameters: Vec<(String, String)>,
        call: &Call,
    ) -> Batch {
        let number = self
            .submitted
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Batch {
            name: format!("migrate/{SCHEMA_VERSION}/{step}"),
            token: format!(
                "migrate-{:x}-{}-{number}",
                self.nonce,
                call.deadline.now().as_millisecond()
            ),
            statements,
            parameters,
        }
    }
}
