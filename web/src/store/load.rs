//! The load of the plan that is being written: its kind, its picture, and a preset for it.

use std::rc::Rc;

use mayfly_core::schedule::load_line::LoadLine;
use serde_json::{Map, Value};

use crate::draft::load_kind::FormerLoads;
use mayfly_core::plan::LoadKind;
use mayfly_engine::preset::{PresetDraft, PresetReading};

/// What the page knows of a load besides its keys.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoadDoc {
    /// The load over time, as it last made sense; `None` if it never did.
    pub line: Option<Rc<LoadLine>>,
    /// Whether that is no more what the plan says.
    pub is_line_old: bool,
    /// The preset that is being filled in.
    pub preset: Option<PresetDoc>,
    former: FormerLoads,
}

/// A preset that is being filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct PresetDoc {
    /// What was chosen and typed.
    pub draft: PresetDraft,
    /// Its stages as JSON, if it makes sense.
    pub list: Option<String>,
    /// Its load over time, as it last made sense.
    pub line: Option<Rc<LoadLine>>,
    /// What is wrong with each of its fields.
    pub errors: Vec<Option<String>>,
    // Whether it is to be used as soon as the engine has read it.
    is_wanted: bool,
}

/// What changes a load.
#[derive(Clone, Debug, PartialEq)]
pub enum LoadAction {
    /// A preset is to be filled in, or not any more.
    EditPreset(Option<PresetDraft>),
    /// The engine read this preset.
    ReadPreset(PresetDraft, Box<PresetReading>),
    /// The plan gets a load of another kind.
    Switch(LoadKind),
    /// The plan gets the load that the preset makes.
    UsePreset,
}

impl LoadDoc {
    /// Makes a change; true if it changed the keys of the plan.
    pub(super) fn apply(&mut self, action: LoadAction, keys: &mut Map<String, Value>) -> bool {
        match action {
            LoadAction::EditPreset(draft) => {
                self.edit_preset(draft);
                false
            }
            LoadAction::ReadPreset(draft, reading) => {
                let preset = self.preset.as_mut();
                let Some(preset) = preset.filter(|it| it.draft == draft) else {
                    return false;
                };
                preset.read(*reading);
                preset.is_wanted && self.use_preset(keys)
            }
            LoadAction::Switch(kind) => {
                self.former.switch(keys, kind);
                // Its levels mean something else now.
                self.preset = None;
                true
            }
            LoadAction::UsePreset => self.use_preset(keys),
        }
    }

    /// What the engine drew; `None` if the load makes no sense.
    pub(super) fn read(&mut self, line: Option<LoadLine>) {
        self.is_line_old = line.is_none();
        if let Some(line) = line {
            self.line = Some(Rc::new(line));
        }
    }

    fn edit_preset(&mut self, draft: Option<PresetDraft>) {
        let old = self.preset.take();
        self.preset = draft.map(|draft| PresetDoc {
            list: None,
            line: old.and_then(|it| it.line),
            errors: Vec::new(),
            is_wanted: false,
            draft,
        });
    }

    fn use_preset(&mut self, keys: &mut Map<String, Value>) -> bool {
        let Some(preset) = &mut self.preset else {
            return false;
        };
        let Some(list) = preset.list() else {
            preset.is_wanted = preset.errors.is_empty();
            return false;
        };
        let kind = if preset.draft.is_open {
            LoadKind::Arrivals
        } else {
            LoadKind::Stages
        };
        self.preset = None;
        self.former.put(keys, kind, list);
        true
    }
}

impl PresetDoc {
    fn list(&self) -> Option<Value> {
        // The engine wrote it.
        serde_json::from_str(self.list.as_ref()?).ok()
    }

    fn read(&mut self, reading: PresetReading) {
        self.list = reading.list;
        self.errors = reading.errors;
        if let Some(line) = reading.line {
            self.line = Some(Rc::new(line));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use mayfly_engine::preset::PresetKind;

    fn keys() -> Map<String, Value> {
        let load = json!({ "users": 20, "spawn_rate": 4, "run_time": 9 });
        Map::from_iter([("load".to_owned(), load)])
    }

    fn read(load: &mut LoadDoc, keys: &mut Map<String, Value>, draft: &PresetDraft) {
        let reading = PresetReading::new(draft);
        load.apply(
            LoadAction::ReadPreset(draft.clone(), Box::new(reading)),
            keys,
        );
    }

    #[test]
    fn a_preset_becomes_the_load_once_it_is_wanted() {
        let (mut load, mut keys) = (LoadDoc::default(), keys());
        let draft = PresetDraft::new(PresetKind::Ramp, false);
        assert!(!load.apply(LoadAction::EditPreset(Some(draft.clone())), &mut keys));
        read(&mut load, &mut keys, &draft);
        assert!(load.preset.as_ref().unwrap().line.is_some());
        assert!(load.apply(LoadAction::UsePreset, &mut keys));
        assert_eq!(load.preset, None);
        assert_eq!(keys["load"]["stages"][0]["users"], 100);

        load.apply(LoadAction::Switch(LoadKind::Users), &mut keys);
        assert_eq!(keys, self::keys());
    }

    #[test]
    fn a_preset_that_is_not_read_yet_is_used_once_it_is() {
        let (mut load, mut keys) = (LoadDoc::default(), keys());
        let draft = PresetDraft::new(PresetKind::Steps, true);
        load.apply(LoadAction::EditPreset(Some(draft.clone())), &mut keys);
        assert!(!load.apply(LoadAction::UsePreset, &mut keys));
        read(&mut load, &mut keys, &draft);
        assert_eq!(load.preset, None);
        assert_eq!(keys["load"]["arrivals"][4]["rate"], 50);
    }

    #[test]
    fn a_preset_that_makes_no_sense_keeps_its_picture_and_is_not_used() {
        let (mut load, mut keys) = (LoadDoc::default(), keys());
        let mut draft = PresetDraft::new(PresetKind::Ramp, true);
        load.apply(LoadAction::EditPreset(Some(draft.clone())), &mut keys);
        read(&mut load, &mut keys, &draft);
        let late = draft.clone();
        draft.values[0] = "much".to_owned();
        load.apply(LoadAction::EditPreset(Some(draft.clone())), &mut keys);
        read(&mut load, &mut keys, &late);
        assert_eq!(
            load.preset.as_ref().unwrap().list,
            None,
            "that was another one"
        );
        read(&mut load, &mut keys, &draft);
        let preset = load.preset.clone().unwrap();
        assert!(preset.errors[0].is_some() && preset.line.is_some());
        assert!(!load.apply(LoadAction::UsePreset, &mut keys));
        assert_eq!(keys, self::keys());
    }

    #[test]
    fn the_last_good_picture_is_kept() {
        let mut load = LoadDoc::default();
        let line = LoadLine::of_load(&mayfly_core::testing::load(5, 1.0));
        load.read(Some(line.clone()));
        load.read(None);
        assert_eq!(load.line.as_deref(), Some(&line));
        assert!(load.is_line_old);
    }
}
