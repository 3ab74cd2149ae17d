package train

import (
	"encoding/json"
	"errors"
	"fmt"
)

// teacherKeys are keys of Teacher that were at the top level in earlier recipes.
var teacherKeys = []string{"true_presence", "free_masks", "true_masks", "true_masks_steps"}

// withNewKeys renames the keys of earlier recipes: augment.zoom becomes augment.crop, and the teacher-forcing keys
// move into their own object. keep_presence is gone: it is an error if set.
func withNewKeys(data []byte) ([]byte, error) {
	var recipe map[string]json.RawMessage
	if err := json.Unmarshal(data, &recipe); err != nil {
		return nil, err
	}
	if text, ok := recipe["keep_presence"]; ok && string(text) == "true" {
		return nil, errors.New("keep_presence is no longer a setting: remove it, or train only masks with presence_apart and freeze")
	}
	delete(recipe, "keep_presence")
	if err := editObject(recipe, "augment", func(augment map[string]json.RawMessage) error {
		return move(augment, "zoom", augment, "crop")
	}); err != nil {
		return nil, err
	}
	if err := editObject(recipe, "teacher", func(teacher map[string]json.RawMessage) error {
		for _, key := range teacherKeys {
			if err := move(recipe, key, teacher, key); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return nil, err
	}
	return json.Marshal(recipe)
}

// editObject applies change to one object of a recipe. An object that is absent and stays empty is not created.
func editObject(recipe map[string]json.RawMessage, key string, change func(map[string]json.RawMessage) error) error {
	object := map[string]json.RawMessage{}
	if text, ok := recipe[key]; ok {
		if err := json.Unmarshal(text, &object); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		if object == nil {
			return nil // null means unset
		}
	}
	if err := change(object); err != nil || len(object) == 0 {
		return err
	}
	text, err := json.Marshal(object)
	recipe[key] = text
	return err
}

// move moves a value to its new key; it is an error if the new key is already set.
func move(from map[string]json.RawMessage, old string, to map[string]json.RawMessage, key string) error {
	value, ok := from[old]
	if !ok {
		return nil
	}
	delete(from, old)
	if _, twice := to[key]; twice {
		return fmt.Errorf("%s is given twice, once under its former name %s: keep one", key, old)
	}
	to[key] = value
	return nil
}
