//! Applications drawn by lot, as those who make them think of them, and what a browser sees of them.

use crate::chance::Chance;
use protocol::{Element, Node};
use rules::element::CanonicalElement;
use std::borrow::Cow;

/// The same labels in two languages.
const LABELS: [(&str, &str); 24] = [
    ("Save", "Enregistrer"),
    ("Cancel", "Annuler"),
    ("Edit", "Modifier"),
    ("Delete", "Supprimer"),
    ("Export", "Exporter"),
    ("Share", "Partager"),
    ("Invite people", "Inviter des personnes"),
    ("New report", "Nouveau rapport"),
    ("Filter", "Filtrer"),
    ("Settings", "Paramètres"),
    ("Search", "Rechercher"),
    ("Apply", "Appliquer"),
    ("Duplicate", "Dupliquer"),
    ("Rename", "Renommer"),
    ("Add metric", "Ajouter une mesure"),
    ("Remove", "Retirer"),
    ("Next", "Suivant"),
    ("Back", "Retour"),
    ("Help", "Aide"),
    ("Download", "Télécharger"),
    ("Archive", "Archiver"),
    ("Assign", "Attribuer"),
    ("Close", "Fermer"),
    ("More", "Plus"),
];

const PLACES: [(&str, &str); 12] = [
    ("Reports", "Rapports"),
    ("Edit report", "Modifier le rapport"),
    ("Team", "Équipe"),
    ("Alerts", "Alertes"),
    ("Billing", "Facturation"),
    ("Filters", "Filtres"),
    ("Toolbar", "Barre d’outils"),
    ("Members", "Membres"),
    ("Share report", "Partager le rapport"),
    ("Profile", "Profil"),
    ("Boards", "Tableaux"),
    ("History", "Historique"),
];

const CLASSES: [&str; 10] =
    ["toolbar", "panel", "card", "action", "item", "header", "entry", "control", "widget", "tile"];

/// How an application names its classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Tailwind,
    Modules,
    Styled,
    Bem,
    Mui,
}

pub(crate) const STYLES: [Style; 5] =
    [Style::Tailwind, Style::Modules, Style::Styled, Style::Bem, Style::Mui];

/// What somebody can click.
#[derive(Debug, Clone)]
pub(crate) struct Thing {
    /// What it is, whatever it looks like.
    pub(crate) key: usize,
    tag: &'static str,
    /// In [`LABELS`]; none is an icon without words.
    pub(crate) label: Option<usize>,
    /// What was changed of the label.
    pub(crate) edited: bool,
    test_id: Option<String>,
    id: Option<String>,
    field: Option<String>,
    href: Option<String>,
    pub(crate) class: &'static str,
}

/// Where things are.
#[derive(Debug, Clone)]
pub(crate) struct Region {
    tag: &'static str,
    role: Option<&'static str>,
    /// In [`PLACES`].
    name: Option<usize>,
    id: Option<String>,
    pub(crate) class: &'static str,
    /// Rows that repeat the things; none if it is no list.
    pub(crate) rows: Vec<u32>,
    pub(crate) things: Vec<Thing>,
}

/// An application, at one release.
#[derive(Debug, Clone)]
pub(crate) struct App {
    style: Style,
    test_ids: usize,
    pub(crate) regions: Vec<Region>,
    pub(crate) french: bool,
    /// Wrappers around each thing, and the class of each.
    pub(crate) wrappers: Vec<Option<&'static str>>,
    /// What the build made up.
    pub(crate) build: u64,
    n_keys: usize,
}

impl App {
    pub(crate) fn draw(chance: &mut Chance, style: Style, test_ids: usize) -> Self {
        let mut app = Self {
            style,
            test_ids,
            regions: Vec::new(),
            french: false,
            wrappers: vec![None],
            build: 1,
            n_keys: 0,
        };
        for _ in 0..5 + chance.below(3) {
            app.add_region(chance);
        }
        app
    }

    pub(crate) fn add_region(&mut self, chance: &mut Chance) {
        let (tag, role) = chance.of(&[
            ("form", None),
            ("div", Some("dialog")),
            ("nav", None),
            ("section", None),
            ("div", Some("toolbar")),
            ("aside", None),
            ("div", None),
        ]);
        let is_list = tag == "section" || chance.percent(25);
        let region = Region {
            tag,
            role,
            name: chance.percent(75).then(|| self.free_name(chance)).flatten(),
            id: chance.percent(20).then(|| format!("{}-area", word(self.n_keys))),
            class: chance.of(&CLASSES),
            rows: if is_list { (0..5).collect() } else { Vec::new() },
            things: Vec::new(),
        };
        self.regions.push(region);
        for _ in 0..4 + chance.below(5) {
            let n = self.regions.len() - 1;
            self.add_thing(chance, n);
        }
    }

    /// A name that no other place has: nobody gives two the same.
    fn free_name(&self, chance: &mut Chance) -> Option<usize> {
        let is_free = |name: &usize| self.regions.iter().all(|region| region.name != Some(*name));
        let free: Vec<usize> = (0..PLACES.len()).filter(is_free).collect();
        (!free.is_empty()).then(|| chance.of(&free))
    }

    pub(crate) fn add_thing(&mut self, chance: &mut Chance, region: usize) {
        self.n_keys += 1;
        let tag = chance.of(&["button", "button", "button", "a", "input"]);
        let mut label = chance.below(LABELS.len());
        // Nobody puts two buttons of one name into one place.
        while self.regions[region].things.iter().any(|thing| thing.label == Some(label)) {
            label = (label + 1) % LABELS.len();
        }
        let slug = LABELS[label].0.to_lowercase().replace(' ', "-");
        let thing = Thing {
            key: self.n_keys,
            tag,
            label: (!chance.percent(12)).then_some(label),
            edited: false,
            test_id: chance.percent(self.test_ids).then(|| format!("{slug}-{}", word(self.n_keys))),
            id: chance.percent(8).then(|| format!("{slug}-{}", word(self.n_keys))),
            field: (tag == "input" && chance.percent(70))
                .then(|| format!("{slug}_{}", word(self.n_keys))),
            href: (tag == "a").then(|| format!("app.example.com/{slug}/{}", chance.below(9_999))),
            class: chance.of(&CLASSES),
        };
        self.regions[region].things.push(thing);
    }

    /// All that can be clicked, as the browser sees it: its key and its element.
    pub(crate) fn render(&self) -> Vec<(usize, CanonicalElement)> {
        let mut made_up = Chance::new(self.build);
        let mut seen = Vec::new();
        for region in &self.regions {
            let rows: Vec<Option<u32>> = match region.rows.is_empty() {
                true => vec![None],
                false => region.rows.iter().copied().map(Some).collect(),
            };
            for row in rows {
                for (place, thing) in region.things.iter().enumerate() {
                    let chain = self.chain(region, row, place, thing, &mut made_up);
                    seen.push((thing.key, CanonicalElement::new(&Element { chain })));
                }
            }
        }
        seen
    }

    fn chain(
        &self,
        region: &Region,
        row: Option<u32>,
        place: usize,
        thing: &Thing,
        made_up: &mut Chance,
    ) -> Vec<Node<'static>> {
        let made_up_id = made_up.percent(30).then(|| format!(":r{}:", made_up.below(99)));
        let target = Node {
            tag: Cow::Borrowed(thing.tag),
            id: owned(thing.id.clone().or(made_up_id)),
            classes: self.classes(thing.class, true, made_up),
            test_id: owned(thing.test_id.clone()),
            name: owned(self.label(thing)),
            field: owned(thing.field.clone()),
            href: owned(thing.href.clone()),
            type_: (thing.tag == "input").then_some(Cow::Borrowed("text")),
            index: u32::try_from(place).ok().filter(|_| region.things.len() >= 3),
            ..Node::default()
        };
        let plain = |tag, classes| Node { tag: Cow::Borrowed(tag), classes, ..Node::default() };
        let mut chain = vec![target];
        for class in &self.wrappers {
            let classes = self.classes(class.unwrap_or("flex"), false, made_up);
            chain.push(plain("div", if class.is_some() { classes } else { Vec::new() }));
        }
        if let Some(row) = row {
            chain.push(Node { index: Some(row), ..plain("li", Vec::new()) });
            chain.push(plain("ul", self.classes(region.class, false, made_up)));
        }
        chain.push(Node {
            id: owned(region.id.clone()),
            role: region.role.map(Cow::Borrowed),
            name: owned(region.name.map(|name| self.word(PLACES[name]).to_owned())),
            ..plain(region.tag, self.classes(region.class, false, made_up))
        });
        chain.push(plain("main", Vec::new()));
        chain
    }

    fn label(&self, thing: &Thing) -> Option<String> {
        let word = self.word(LABELS[thing.label?]);
        Some(if thing.edited { format!("{word} now") } else { word.to_owned() })
    }

    fn word(&self, (english, french): (&'static str, &'static str)) -> &'static str {
        if self.french { french } else { english }
    }

    fn classes(
        &self,
        class: &str,
        is_target: bool,
        made_up: &mut Chance,
    ) -> Vec<Cow<'static, str>> {
        let n = made_up.below(99);
        let all = match self.style {
            Style::Tailwind => vec![format!("px-{n}"), "text-sm".to_owned(), "flex".to_owned()],
            Style::Modules => vec![format!("Page_{class}__{}", made_up.hash())],
            Style::Styled => {
                vec![format!("sc-{}", made_up.hash()), format!("css-{}", made_up.hash())]
            }
            Style::Bem if is_target => vec![format!("{class}__control"), "is-active".to_owned()],
            Style::Bem => vec![class.to_owned()],
            Style::Mui => vec!["MuiButton-root".to_owned(), format!("css-{}", made_up.hash())],
        };
        all.into_iter().map(Cow::Owned).collect()
    }
}

fn owned(text: Option<String>) -> Option<Cow<'static, str>> {
    text.map(Cow::Owned)
}

/// A word for a number, since numbers are folded.
fn word(n: usize) -> String {
    const SYLLABLES: [&str; 12] =
        ["ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru", "sa", "te"];
    [n / 144, n / 12 % 12, n % 12].map(|n| SYLLABLES[n % 12]).concat()
}
