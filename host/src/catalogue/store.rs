use std::collections::BTreeSet;

use rusqlite::{Connection, params};
use serde_json::{Map, Value};

use crate::deletion::{Proof, replaced};
use crate::entity_lines::EntityLine;
use crate::outcome::Problem;
use crate::page_lines::{PageLine, ResourceLine};
use crate::unit::UnitKey;

use super::rows::{self, Stored};
use super::run::{CurrentRun, insert_problems, sql};
use super::sources::{self, ByResource, Mapped};
use super::units::{progress, region};
use super::{Catalogue, CatalogueError, gaps, identity, moment, tags};

/// A page, ready to be stored.
#[derive(Debug, Clone)]
pub struct PageRecord {
    /// Whose page.
    pub unit: UnitKey,
    /// Its lines.
    pub lines: Vec<PageLine>,
    /// What a mapping made of its resources; none where no mapping is in force.
    pub mapped: Option<Mapped>,
    /// Its problems.
    pub problems: Vec<Problem>,
    /// Whether nothing that belongs into it may be missing.
    pub whole: bool,
    /// The cursor of the next page.
    pub next: Option<String>,
    /// Calls to AWS that it took.
    pub calls: u64,
    /// When it was read.
    pub now: u64,
}

/// What storing a page did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PageCounts {
    /// Resources that were not there before, replaced ones included.
    pub new: u64,
    /// Resources of which something changed.
    pub changed: u64,
    /// Resources as they were.
    pub unchanged: u64,
    /// Resources that this run had seen before: the same item on two pages.
    pub repeated: u64,
    /// Another account's resources that are stored under another account than this.
    pub foreign: u64,
    /// Old rows closed, since their name is borne by another thing.
    pub replaced: u64,
}

impl PageCounts {
    /// Resources found, each once.
    #[must_use]
    pub fn found(&self) -> u64 {
        self.new + self.changed + self.unchanged
    }

    /// Adds another page's.
    pub fn add(&mut self, other: Self) {
        self.new += other.new;
        self.changed += other.changed;
        self.unchanged += other.unchanged;
        self.repeated += other.repeated;
        self.foreign += other.foreign;
        self.replaced += other.replaced;
    }
}

/// Names of properties that a page brought and no view has yet.
type NewNames = BTreeSet<(String, String)>;

impl Catalogue {
    /// Stores a page's resources and problems, with the progress of its unit: all of it or nothing.
    ///
    /// A resource that is seen loses its mark as missing. One whose `gaps` name actions keeps the last known values of
    /// what those fill, and is stale since. One whose generation differs replaces the row of that name: that is closed.
    ///
    /// # Errors
    /// No run has begun; the catalogue cannot be written, and nothing of the page was stored.
    pub fn store_page(&mut self, page: &PageRecord) -> Result<PageCounts, CatalogueError> {
        let run = self.run.as_ref().ok_or(CatalogueError::NoRun)?;
        let mut names = NewNames::new();
        let savepoint = self.connection.savepoint()?;
        let mut counts = PageCounts::default();
        {
            let entities = page.mapped.as_ref().map(ByResource::new);
            let writer = Writer { connection: &savepoint, run, page, entities, now: moment::to_text(page.now) };
            for line in &page.lines {
                if let PageLine::Resource(line) = line {
                    writer.store(line, &mut counts, &mut |name| {
                        if self.properties.get(&page.unit.kind).is_none_or(|known| !known.contains(name)) {
                            names.insert((page.unit.kind.clone(), name.to_owned()));
                        }
                    })?;
                }
            }
            insert_problems(&savepoint, &run.run_id, Some(&page.unit), None, &page.problems, page.now)?;
            advance(&savepoint, run, page, counts.found())?;
            let mut insert =
                savepoint.prepare_cached("INSERT OR IGNORE INTO _properties (kind, name) VALUES (?1, ?2)")?;
            for (kind, name) in &names {
                insert.execute(params![kind, name])?;
            }
        }
        savepoint.commit()?;
        for (kind, name) in names {
            self.properties.entry(kind).or_default().insert(name);
        }
        Ok(counts)
    }
}

fn advance(connection: &Connection, run: &CurrentRun, page: &PageRecord, found: u64) -> Result<(), CatalogueError> {
    let mut so_far = progress(connection, &run.run_id, &page.unit, page.now)?.so_far;
    let scopes = page.lines.iter().filter_map(|line| match line {
        PageLine::Scope(scope) => Some((scope.parent.clone(), scope.whole)),
        PageLine::Resource(_) => None,
    });
    let gaps = page.lines.iter().filter_map(|line| match line {
        PageLine::Resource(line) => Some(line.gaps.iter().cloned()),
        PageLine::Scope(_) => None,
    });
    so_far.add(page.whole, &page.problems, scopes, gaps.flatten());
    let text = serde_json::to_string(&so_far).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    let mut update = connection.prepare_cached(
        "UPDATE units SET pages = pages + 1, resources = resources + ?5, calls = calls + ?6, _cursor = ?7, _progress = ?8
         WHERE run_id = ?1 AND kind = ?2 AND account_id = ?3 AND coalesce(region, '') = ?4",
    )?;
    #[rustfmt::skip]
    update.execute(params![
        run.run_id, page.unit.kind, page.unit.account.as_str(), region(&page.unit), sql(found), sql(page.calls), page.next, text
    ])?;
    Ok(())
}

struct Writer<'a> {
    connection: &'a Connection,
    run: &'a CurrentRun,
    page: &'a PageRecord,
    entities: Option<ByResource<'a>>,
    now: String,
}

impl Writer<'_> {
    fn store(
        &self,
        line: &ResourceLine,
        counts: &mut PageCounts,
        name: &mut dyn FnMut(&str),
    ) -> Result<(), CatalogueError> {
        let unit = &self.page.unit;
        let owner = identity::owner(unit, line);
        let key = identity::resource_key(&self.run.partition, &owner, unit, &line.id);
        let own = owner == unit.account;
        if !own {
            rows::sight(self.connection, &key, unit.account.as_str(), &self.now, &self.run.run_id)?;
        }
        let Some(stored) = rows::find(self.connection, &key)? else {
            counts.new += 1;
            return self.insert(&key, owner.as_str(), line, name);
        };
        if stored.deleted {
            // Something of that name is there again. Only a generation that is known and equal makes it the same thing.
            if line.created.is_none() || stored.created != line.created {
                rows::set_aside(self.connection, &key, stored.row)?;
                counts.new += 1;
                return self.insert(&key, owner.as_str(), line, name);
            }
            counts.new += 1;
            return self.update(&key, &stored, line, true, name).map(drop);
        }
        // A shared resource is stored under its owner where that is synced, else under the lowest account that sees it.
        let held_by_another = stored.account != unit.account.as_str();
        if !own
            && held_by_another
            && (stored.account == owner.as_str() || stored.account.as_str() < unit.account.as_str())
        {
            counts.foreign += 1;
            return Ok(());
        }
        if let Some(proof) = replaced(stored.created.as_deref(), line.created.as_deref()) {
            self.close(&key, &stored, proof)?;
            counts.replaced += 1;
            counts.new += 1;
            return self.insert(&key, owner.as_str(), line, name);
        }
        let repeated = stored.run_id == self.run.run_id && !held_by_another;
        let changed = self.update(&key, &stored, line, false, name)?;
        match (repeated, changed) {
            (true, _) => counts.repeated += 1,
            (false, true) => counts.changed += 1,
            (false, false) => counts.unchanged += 1,
        }
        Ok(())
    }

    fn insert(
        &self,
        key: &str,
        owner: &str,
        line: &ResourceLine,
        name: &mut dyn FnMut(&str),
    ) -> Result<(), CatalogueError> {
        line.properties.keys().for_each(|property| name(property));
        let tags = tags::normalised(&line.properties);
        let unit = &self.page.unit;
        let scope_region = unit.region.as_ref().map(|region| region.as_str());
        let region = line.region.as_ref().map(|region| region.as_str()).or(scope_region);
        let gaps = gap_list(&line.gaps);
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO resources (resource_key, kind, account_id, region, scope_region, id, arn, name, properties, tags,
               owner_account_id, parent_key, created_at, first_seen, last_seen, changed_at, stale_since, stale_actions, context, run_id,
               _mapping, _entities)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?14, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
        )?;
        let made = self.made(line);
        insert.execute(params![
            key,
            unit.kind,
            unit.account.as_str(),
            region,
            scope_region,
            line.id,
            line.arn,
            line.name,
            text(&line.properties),
            tags.as_ref().map(rows::tags_text),
            owner,
            line.parents.to_json(),
            line.created,
            self.now,
            gaps.as_ref().map(|_| &self.now),
            gaps,
            text(&line.context),
            self.run.run_id,
            made.map(|(mapping, _)| mapping),
            made.map(|(_, lines)| sources::digest(lines))
        ])?;
        rows::put_tags(self.connection, key, tags.as_ref(), false)?;
        if let Some((_, lines)) = made {
            sources::put_new(self.connection, key, unit, lines)?;
        }
        Ok(())
    }

    /// Brings a row up to date; says whether anything of the resource changed.
    fn update(
        &self,
        key: &str,
        stored: &Stored,
        line: &ResourceLine,
        revived: bool,
        name: &mut dyn FnMut(&str),
    ) -> Result<bool, CatalogueError> {
        let unit = &self.page.unit;
        let filled = self.filled(stored, line);
        let properties = filled.as_ref().unwrap_or(&line.properties);
        let properties_text = text(properties);
        let context = text(&line.context);
        let scope_region = unit.region.as_ref().map(|region| region.as_str());
        let region = line.region.as_ref().map(|region| region.as_str()).or(scope_region);
        let parents = line.parents.to_json();
        let gaps = gap_list(&line.gaps);
        let changed = revived
            || !same(&stored.properties, &properties_text, properties)
            || !same(&stored.context, &context, &line.context)
            || stored.arn != line.arn
            || stored.name != line.name
            || stored.region.as_deref() != region
            || stored.parents != parents;
        let stale_since = gaps.as_ref().map(|_| stored.stale_since.as_ref().unwrap_or(&self.now));
        if !changed
            && stored.account == unit.account.as_str()
            && (line.created.is_none() || stored.created == line.created)
        {
            let mut touch = self.connection.prepare_cached(
                "UPDATE resources SET last_seen = ?2, run_id = ?3, missing_since = NULL, stale_since = ?4, stale_actions = ?5
                 WHERE rowid = ?1",
            )?;
            touch.execute(params![stored.row, self.now, self.run.run_id, stale_since, gaps])?;
            self.put_entities(key, stored.mapping.as_deref(), stored.entities.as_deref(), line)?;
            return Ok(false);
        }
        properties.keys().for_each(|property| name(property));
        let tags = tags::normalised(properties);
        let mut update = self.connection.prepare_cached(
            "UPDATE resources SET account_id = ?2, region = ?3, arn = ?4, name = ?5, properties = ?6, tags = ?7, parent_key = ?8,
               created_at = coalesce(?9, created_at), last_seen = ?10, changed_at = CASE WHEN ?11 THEN ?10 ELSE changed_at END,
               missing_since = NULL, deleted_at = NULL, stale_since = ?12, stale_actions = ?13, context = ?14, run_id = ?15,
               _mapping = NULL
             WHERE rowid = ?1",
        )?;
        update.execute(params![
            stored.row,
            unit.account.as_str(),
            region,
            line.arn,
            line.name,
            properties_text,
            tags.as_ref().map(rows::tags_text),
            parents,
            line.created,
            self.now,
            changed,
            stale_since,
            gaps,
            context,
            self.run.run_id
        ])?;
        rows::put_tags(self.connection, key, tags.as_ref(), true)?;
        self.put_entities(key, None, stored.entities.as_deref(), line)?;
        Ok(changed)
    }

    /// The mapping in force and what it made of a resource; of one with gaps it is made at the run's end, when they are filled.
    fn made(&self, line: &ResourceLine) -> Option<(&str, &[&EntityLine])> {
        let entities = self.entities.as_ref().filter(|_| line.gaps.is_empty())?;
        Some((entities.mapping, entities.of(&line.id)))
    }

    /// Stores what was made of a resource, where that is not what is stored: `mapping` and `digest` say what is.
    fn put_entities(
        &self,
        key: &str,
        mapping: Option<&str>,
        digest: Option<&str>,
        line: &ResourceLine,
    ) -> Result<(), CatalogueError> {
        let Some((in_force, lines)) = self.made(line) else { return Ok(()) };
        sources::put(self.connection, key, &self.page.unit, in_force, lines, (mapping, digest))?;
        Ok(())
    }

    /// The properties with the last known values in their gaps; none where there is nothing to fill.
    fn filled(&self, stored: &Stored, line: &ResourceLine) -> Option<Map<String, Value>> {
        let fills = self.run.fills.get(&self.page.unit.kind)?;
        let paths: Vec<&str> =
            line.gaps.iter().filter_map(|action| fills.get(action)).flatten().map(String::as_str).collect();
        if paths.is_empty() {
            return None;
        }
        let known: Map<String, Value> = serde_json::from_str(&stored.properties).ok()?;
        let mut properties = line.properties.clone();
        gaps::fill(&mut properties, &known, &paths);
        Some(properties)
    }

    fn close(&self, key: &str, stored: &Stored, proof: Proof) -> Result<(), CatalogueError> {
        let mut close = self.connection.prepare_cached("UPDATE resources SET deleted_at = ?2 WHERE rowid = ?1")?;
        close.execute(params![stored.row, self.now])?;
        let unit = &self.page.unit;
        let closed = rows::set_aside(self.connection, key, stored.row)?;
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO deletions (run_id, resource_key, kind, account_id, region, id, grounds, outcome, at)
             SELECT ?1, ?2, kind, account_id, region, id, ?3, 'replaced', ?4 FROM resources WHERE rowid = ?5",
        )?;
        insert.execute(params![self.run.run_id, closed, proof.grounds().as_str(), self.now, stored.row])?;
        tracing::debug!(
            kind = unit.kind,
            account_id = unit.account.as_str(),
            "a resource was replaced by another of its name"
        );
        Ok(())
    }
}

fn text(map: &Map<String, Value>) -> String {
    // Keys are strings and values came from JSON, so this cannot fail; an empty object would be seen as a change.
    serde_json::to_string(map).unwrap_or_else(|_| "{}".to_owned())
}

/// Whether two objects are the same, their members' order aside.
fn same(stored: &str, read_text: &str, read: &Map<String, Value>) -> bool {
    stored == read_text || serde_json::from_str::<Map<String, Value>>(stored).is_ok_and(|stored| stored == *read)
}

fn gap_list(gaps: &[String]) -> Option<String> {
    if gaps.is_empty() { None } else { Some(Value::from(gaps.to_vec()).to_string()) }
}
