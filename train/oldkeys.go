package train

import (
	"encoding/json"
	"fmt"
)

// forcing are the keys of Teacher, which earlier recipes had at their top.
var forcing = []string{"true_presence", "free_masks", "true_masks", "true_masks_steps"}

// withNewKeys is a recipe's JSON with the keys of earlier ones renamed: augment.zoom is augment.crop, and teacher forcing
// is in an object of its own.
func withNewKeys(data []byte) ([]byte, error) {
	var recipe map[string]json.RawMessage
	if err := json.Unmarshal(data, &recipe); err != nil {
		return nil, err
	}
	if err := rename(recipe, "augment", func(augment map[string]json.RawMessage) error {
		return move(augment, "zoom", augment, "crop")
	}); err != nil {
		return nil, err
	}
	if err := rename(recipe, "teacher", func(teacher map[string]json.RawMessage) error {
		for _, key := range forcing {
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

// rename lets change work on an object of a recipe; one that is not there and stays empty is not made.
func rename(recipe map[string]json.RawMessage, key string, change func(map[string]json.RawMessage) error) error {
	object := map[string]json.RawMessage{}
	if text, ok := recipe[key]; ok {
		if err := json.Unmarshal(text, &object); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		if object == nil {
			return nil // null: nothing is said
		}
	}
	if err := change(object); err != nil || len(object) == 0 {
		return err
	}
	text, err := json.Marshal(object)
	recipe[key] = text
	return err
}

// move renames a key, unless the new one is there, too.
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
