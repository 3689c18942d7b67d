//! The documents: one an event, words only, in tantivy. Nothing is stored in them but a number, by which the rest is
//! found in memory (`facts`), the event's id and a hash of the words; so a start knows at once which are out of date.
//! Deliberately not here: when to write (`upkeep`), what to ask (`matching`).

use std::path::{Path, PathBuf};

use booking::ids::EventId;
use serde::{Deserialize, Serialize};
use tantivy::directory::MmapDirectory;
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, NumericOptions, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::{PreTokenizedString, Token};
use tantivy::{Index, IndexReader, IndexWriter, ReloadPolicy, Searcher, TantivyDocument, TantivyError, Term};

use crate::facts::{Entry, places};
use crate::words::{Word, Words};

/// Raised whenever documents or words are made otherwise: an index of another format answers until it is replaced.
pub(crate) const FORMAT: u32 = 1;
/// Memory for documents that are not written yet: the least that tantivy takes is 15 MB.
const WRITER_BYTES: usize = 20_000_000;
/// Merges that went wrong leave numbers; one beyond this is damage.
const NUMBERS_MAX: u64 = 50_000_000;

/// Why the documents cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Broken {
    #[error(transparent)]
    Tantivy(#[from] TantivyError),
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error("{0}")]
    Wrong(String),
}

/// The fields of a document.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields {
    number: Field,
    high: Field,
    low: Field,
    stamp: Field,
    /// Folded words of the title, with positions.
    pub(crate) title: Field,
    /// The whole title, folded, as one word.
    pub(crate) whole: Field,
    /// Venues and cities.
    pub(crate) place: Field,
    /// Category and tags.
    pub(crate) labels: Field,
    pub(crate) summary: Field,
    pub(crate) description: Field,
    /// Stems of the title.
    pub(crate) title_stems: Field,
    /// Stems of all else.
    pub(crate) stems: Field,
    /// Words of all but the description, each once: where typos and beginnings are looked for.
    pub(crate) any: Field,
}

/// What is said with each commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Payload {
    /// Log index that the documents reflect.
    pub(crate) index: u64,
    /// Epoch of the state.
    pub(crate) epoch: u64,
}

fn schema() -> Schema {
    let words = |option| {
        let indexing = TextFieldIndexing::default().set_tokenizer("raw").set_index_option(option);
        TextOptions::default().set_indexing_options(indexing)
    };
    let bare = || {
        let indexing = TextFieldIndexing::default().set_tokenizer("raw").set_index_option(IndexRecordOption::Basic);
        TextOptions::default().set_indexing_options(indexing.set_fieldnorms(false))
    };
    let counted = || words(IndexRecordOption::WithFreqs);
    let mut schema = Schema::builder();
    schema.add_u64_field("number", NumericOptions::from(FAST | INDEXED));
    for name in ["high", "low", "stamp"] {
        schema.add_u64_field(name, FAST);
    }
    schema.add_text_field("title", words(IndexRecordOption::WithFreqsAndPositions));
    for name in ["place", "labels", "summary", "description", "title_stems", "stems"] {
        schema.add_text_field(name, counted());
    }
    for name in ["whole", "any"] {
        schema.add_text_field(name, bare());
    }
    schema.build()
}

impl Fields {
    fn of(schema: &Schema) -> Result<Self, TantivyError> {
        let get = |name| schema.get_field(name);
        Ok(Self {
            number: get("number")?,
            high: get("high")?,
            low: get("low")?,
            stamp: get("stamp")?,
            title: get("title")?,
            whole: get("whole")?,
            place: get("place")?,
            labels: get("labels")?,
            summary: get("summary")?,
            description: get("description")?,
            title_stems: get("title_stems")?,
            stems: get("stems")?,
            any: get("any")?,
        })
    }
}

/// A document that is there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held {
    pub(crate) event: EventId,
    pub(crate) number: u32,
    pub(crate) stamp: u64,
}

/// Documents with a writer.
pub(crate) struct Text {
    /// None in memory.
    pub(crate) folder: Option<PathBuf>,
    pub(crate) fields: Fields,
    index: Index,
    writer: IndexWriter,
    reader: IndexReader,
}

impl Text {
    fn with(index: Index, folder: Option<PathBuf>) -> Result<Self, Broken> {
        let fields = Fields::of(&index.schema())?;
        let writer = index.writer_with_num_threads(1, WRITER_BYTES)?;
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        Ok(Self { folder, fields, index, writer, reader })
    }

    /// Without any document, in a folder that is made, or in memory.
    pub(crate) fn create(folder: Option<&Path>) -> Result<Self, Broken> {
        let index = match folder {
            None => Index::create_in_ram(schema()),
            Some(folder) => {
                std::fs::create_dir_all(folder)?;
                let directory = MmapDirectory::open(folder).map_err(TantivyError::from)?;
                Index::open_or_create(directory, schema())?
            }
        };
        Self::with(index, folder.map(Path::to_owned))
    }

    /// As a folder has them, with every checksum compared.
    pub(crate) fn open(folder: &Path) -> Result<(Self, Payload, Vec<Held>), Broken> {
        let index = Index::open_in_dir(folder)?;
        let torn = index.validate_checksum()?;
        if let Some(file) = torn.iter().next() {
            return Err(Broken::Wrong(format!("{} is damaged", file.display())));
        }
        let payload = index.load_metas()?.payload.unwrap_or_default();
        let payload: Payload = serde_json::from_str(&payload)
            .map_err(|_| Broken::Wrong("it was never finished, or says nothing of its state".to_owned()))?;
        let text = Self::with(index, Some(folder.to_owned()))?;
        let held = text.held()?;
        Ok((text, payload, held))
    }

    fn held(&self) -> Result<Vec<Held>, Broken> {
        let mut held = Vec::new();
        for segment in self.searcher().segment_readers() {
            let column = |name| segment.fast_fields().u64(name).map(|column| column.first_or_default_col(0));
            let (number, high, low, stamp) = (column("number")?, column("high")?, column("low")?, column("stamp")?);
            for doc in segment.doc_ids_alive() {
                let event = EventId(u128::from(high.get_val(doc)) << 64 | u128::from(low.get_val(doc)));
                let number = Some(number.get_val(doc)).filter(|number| *number < NUMBERS_MAX);
                let number = number.ok_or_else(|| Broken::Wrong("a document has no sound number".to_owned()))?;
                held.push(Held { event, number: number as u32, stamp: stamp.get_val(doc) });
            }
        }
        held.sort_by_key(|held| held.number);
        if held.windows(2).any(|two| two.first().map(|h| h.number) == two.last().map(|h| h.number)) {
            return Err(Broken::Wrong("two documents have one number".to_owned()));
        }
        Ok(held)
    }

    /// Documents as of the last commit.
    pub(crate) fn searcher(&self) -> Searcher {
        self.reader.searcher()
    }

    /// Puts an event's document in place of what there was.
    pub(crate) fn put(&mut self, words: &mut Words, entry: &Entry) -> Result<(), Broken> {
        self.remove(entry.number);
        self.writer.add_document(document(self.fields, words, entry))?;
        Ok(())
    }

    /// Takes a document out.
    pub(crate) fn remove(&mut self, number: u32) {
        self.writer.delete_term(Term::from_field_u64(self.fields.number, u64::from(number)));
    }

    /// Makes what was put and removed durable and seen.
    pub(crate) fn commit(&mut self, payload: Payload) -> Result<(), Broken> {
        if self.is_gone() {
            return Err(Broken::Wrong("its folder is gone".to_owned()));
        }
        let mut prepared = self.writer.prepare_commit()?;
        prepared.set_payload(&serde_json::to_string(&payload).unwrap_or_default());
        prepared.commit()?;
        self.reader.reload()?;
        Ok(())
    }

    /// Whether somebody took its folder away.
    pub(crate) fn is_gone(&self) -> bool {
        self.folder.as_ref().is_some_and(|folder| !folder.join("meta.json").exists())
    }

    /// Bytes of its files, or 0 in memory.
    pub(crate) fn bytes(&self) -> u64 {
        let Some(folder) = &self.folder else {
            return self.index.searchable_segments().map_or(0, |_| 0);
        };
        let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
        files.filter_map(|file| file.metadata().ok()).map(|data| data.len()).sum()
    }
}

/// Tokens of one field, one after the other.
#[derive(Default)]
struct Tokens(Vec<Token>);

impl Tokens {
    fn push(&mut self, position: usize, text: &str) {
        self.0.push(Token { position, text: text.to_owned(), ..Token::default() });
    }

    fn next(&mut self, text: &str) {
        self.push(self.0.len(), text);
    }

    fn add_to(self, document: &mut TantivyDocument, field: Field) {
        if !self.0.is_empty() {
            document.add_pre_tokenized_text(field, PreTokenizedString { text: String::new(), tokens: self.0 });
        }
    }
}

fn document(fields: Fields, words: &mut Words, entry: &Entry) -> TantivyDocument {
    let d = &entry.event.details;
    let id = entry.event.id.0;
    let mut document = TantivyDocument::default();
    document.add_u64(fields.number, u64::from(entry.number));
    document.add_u64(fields.high, (id >> 64) as u64);
    document.add_u64(fields.low, id as u64);
    document.add_u64(fields.stamp, entry.stamp);

    let mut of = |texts: &[&str]| -> Vec<Word> { texts.iter().flat_map(|text| words.with_parts(text)).collect() };
    let title = of(&[&d.title]);
    let place = of(&places(&entry.showings));
    let labels: Vec<&str> = std::iter::once(&*d.category).chain(d.tags.iter().map(|tag| &**tag)).collect();
    let labels = of(&labels);
    let summary = of(&[&d.summary]);
    let description = of(&[&d.description]);

    let mut any: Vec<&str> =
        [&title, &place, &labels, &summary].into_iter().flatten().map(|word| word.folded.as_str()).collect();
    any.sort_unstable();
    any.dedup();
    let mut tokens = Tokens::default();
    for word in any {
        tokens.next(word);
    }
    tokens.add_to(&mut document, fields.any);

    let mut tokens = Tokens::default();
    tokens.next(&whole(&words.of(&d.title)));
    tokens.add_to(&mut document, fields.whole);

    let (mut title_stems, mut stems) = (Tokens::default(), Tokens::default());
    for (field, found, into) in [
        (fields.title, &title, &mut title_stems),
        (fields.place, &place, &mut Tokens::default()),
        (fields.labels, &labels, &mut stems),
        (fields.summary, &summary, &mut Tokens::default()),
        (fields.description, &description, &mut Tokens::default()),
    ] {
        let mut tokens = Tokens::default();
        for word in found {
            tokens.next(&word.folded);
            for stem in words.stems(word).iter() {
                into.next(stem);
            }
        }
        tokens.add_to(&mut document, field);
    }
    for word in summary.iter().chain(&description) {
        for stem in words.stems(word).iter() {
            stems.next(stem);
        }
    }
    title_stems.add_to(&mut document, fields.title_stems);
    stems.add_to(&mut document, fields.stems);
    document
}

/// A title as one word: 120 bytes of its folded words at most.
pub(crate) fn whole(title: &[Word]) -> String {
    let mut whole = String::new();
    for word in title {
        if whole.len() + word.folded.len() > 120 {
            break;
        }
        if !whole.is_empty() {
            whole.push(' ');
        }
        whole.push_str(&word.folded);
    }
    whole
}
