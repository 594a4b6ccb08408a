// The schema that `lathe recipe schema` prints: every key, its values, and nothing else.

import Foundation
import JSON
import Recipes
import TestSupport
import Testing

extension CommandTests {
    @Suite struct Schema {
        /// What the schema allows for `value`, as far as recipes need: `nil` where it fits, else where it does not.
        private func misfit(_ value: JSONValue, _ schema: JSONValue, _ path: String = "") -> String? {
            if let options = schema["anyOf"]?.array {
                let misfits = options.map { misfit(value, $0, path) }
                return misfits.contains(nil) ? nil : misfits.compactMap(\.self).first
            }
            if let words = schema["enum"]?.array { return words.contains(value) ? nil : path }
            switch schema["type"]?.string {
            case "null": return value.isNull ? nil : path
            case "boolean": return value.bool != nil ? nil : path
            case "integer":
                guard let number = value.integer, number >= schema["minimum"]?.integer ?? .min,
                    number <= schema["maximum"]?.integer ?? .max
                else { return path }
                return nil
            case "number": return value.double != nil ? nil : path
            case "string":
                guard let text = value.string else { return path }
                guard let pattern = schema["pattern"]?.string else { return nil }
                return (try? Regex(pattern).firstMatch(in: text)) != nil ? nil : path
            case "array":
                guard let elements = value.array, let items = schema["items"] else { return path }
                return elements.lazy.compactMap { misfit($0, items, path + "[]") }.first
            case "object":
                guard let members = value.object?.members, members.count >= schema["minProperties"]?.integer ?? 0,
                    members.count <= schema["maxProperties"]?.integer ?? .max
                else { return path }
                return members.lazy.compactMap { key, member -> String? in
                    if let known = schema["properties"]?[key] { return misfit(member, known, path + "." + key) }
                    guard let free = schema["additionalProperties"], free.object != nil else { return path + "." + key }
                    return misfit(member, free, path + "." + key)
                }.first
            default: return path
            }
        }

        @Test func everyKeyIsInIt() throws {
            try LatheCommand.inFolder { lathe in
                let schema = try lathe.json("recipe", "schema")
                for path in Recipe.keyPaths {
                    var place: JSONValue? = schema
                    for name in path.replacing("[]", with: "").split(separator: ".") {
                        let inner = place?["anyOf"]?.array?.first { $0["properties"] != nil } ?? place
                        place = (inner?["items"] ?? inner)?["properties"]?[String(name)]
                    }
                    #expect(place?["description"]?.string?.isEmpty == false, "\(path)")
                }
            }
        }

        @Test func whatFitsIsARecipeAndWhatDoesNotIsNone() throws {
            try LatheCommand.inFolder { lathe in
                let schema = try lathe.json("recipe", "schema")
                let base: JSONValue = [
                    "name": "x", "model": ["path": "m"], "data": ["train": "train.jsonl", "held_out": "held.jsonl"],
                ]
                func fits(_ section: String, _ members: JSONObject) throws -> Bool {
                    var recipe = base.object ?? JSONObject()
                    recipe[section] = .object(
                        JSONObject((base[section]?.object?.members ?? []) + members.members))
                    let value = JSONValue.object(recipe)
                    // JSON is YAML: the recipe's own reader has the same word on it.
                    let isRecipe = (try? Recipe.load(yaml: value.text(), file: "r.yaml")) != nil
                    let isFit = misfit(value, schema) == nil
                    #expect(isRecipe == isFit, "\(value.text())")
                    return isFit
                }
                func member(_ key: String, _ value: JSONValue) -> JSONObject { JSONObject([(key, value)]) }
                #expect(try fits("train", member("learning_rate", 1e-4)))
                #expect(try fits("train", member("max_steps", "${STEPS:-12}")))
                #expect(try fits("train", member("recompute", true)))
                #expect(try fits("data", member("steps", ["normalise", ["deduplicate": ["by": "near"]]])))
                #expect(try fits("data", member("split", ["by": "row"])))
                #expect(try fits("adapter", member("target_modules", ["q_proj", "v_proj"])))
                #expect(try fits("adapter", member("layers", ["0-3", 7])))
                #expect(try !fits("train", member("learning_rat", 1e-4)))
                #expect(try !fits("train", member("lr_scheduler", "cosinus")))
                #expect(try !fits("train", member("batch_size", 0)))
                #expect(try !fits("data", member("steps", [["normalise": nil, "sample": ["size": 4]]])))
                #expect(try !fits("data", member("shuffle", "yes")))
                #expect(try !fits("adapter", member("r", "many")))
            }
        }
    }
}
