// Where a model's chat templates are found: in its folder, in its GGUF file, or where a recipe says.

internal import Files
internal import Foundation
internal import JSON
internal import Models

/// The text of a model's chat templates, found as transformers finds them.
struct ChatTemplateSources: Equatable {
    /// For rows without tools, and for all where there is no other.
    var usual: String
    /// For rows that declare tools.
    var toolUse: String?

    /// The name that templates for tools have.
    private static let toolUseName = "tool_use"

    init(_ usual: String, toolUse: String? = nil) {
        self.usual = usual
        self.toolUse = toolUse
    }

    /// Those of `named`, where there is one; `place` names where they stand.
    private init?(_ named: [String: String], in place: String) throws {
        guard !named.isEmpty else { return nil }
        guard let usual = named["default"] else {
            throw Failure(
                .badInput,
                "\(path: place): chat templates named \(named.keys.sorted().joined(separator: ", ")) and no default",
                hint: "name the one to use: data.chat_template")
        }
        self.init(usual, toolUse: named[Self.toolUseName])
    }

    /// What the recipe's `data.chat_template` names: a text with a tag in it is the template itself, anything else a file that holds
    /// it, or a model's folder.
    init?(setting: String?) throws {
        guard let setting else { return nil }
        if setting.contains("{%") || setting.contains("{{") {
            self.init(setting)
            return
        }
        if try FileForm(at: setting) == .folder {
            guard let found = try Self(folder: setting) else {
                throw Failure(
                    .badInput, "\(path: setting) holds no chat template",
                    hint: "a template stands in chat_template.jinja or in tokenizer_config.json")
            }
            self = found
            return
        }
        try Failure.requireFile(setting, "the chat template")
        self.init(try Self.text(of: setting))
    }

    /// Those of a model's folder: its template files or, where there are none, its tokenizer's settings.
    init?(folder: String) throws {
        var named: [String: String] = [:]
        let single = folder + "/chat_template.jinja"
        if try FileForm(at: single) != nil { named["default"] = try Self.text(of: single) }
        let further = folder + "/additional_chat_templates"
        for name in try Folder.names(in: URL(fileURLWithPath: further)) ?? [] where name.hasSuffix(".jinja") {
            named[String(name.dropLast(6))] = try Self.text(of: further + "/" + name)
        }
        let settings = folder + "/tokenizer_config.json"
        if named.isEmpty, try FileForm(at: settings) != nil {
            named = try Self.templates(inSettings: settings)
        }
        try self.init(named, in: folder)
    }

    /// Those of the model at `location`.
    init?(_ place: ChatTemplatePlace, of location: String) throws {
        switch place {
        case .folder(let folder): try self.init(folder: folder)
        case .texts(let named): try self.init(named, in: location)
        }
    }

    private static func templates(inSettings path: String) throws -> [String: String] {
        let text = try text(of: path)
        let settings: JSONValue
        do throws(JSONError) { settings = try JSONValue(parsing: text) } catch {
            throw Failure(.badInput, "\(path: path): not JSON: \(error)")
        }
        guard let value = settings["chat_template"], !value.isNull else { return [:] }
        if let template = value.string { return ["default": template] }
        var named: [String: String] = [:]
        for entry in value.array ?? [] {
            if let name = entry["name"]?.string, let template = entry["template"]?.string { named[name] = template }
        }
        guard !named.isEmpty else {
            throw Failure(.badInput, "\(path: path): chat_template must be a text or a list of { name, template }")
        }
        return named
    }

    private static func text(of file: String) throws -> String {
        guard let text = String(validating: try WholeFile.bytes(file), as: UTF8.self) else {
            throw Failure(.badInput, "\(path: file) is not UTF-8 text")
        }
        return text
    }

    /// Whether a template asks for the date.
    var asksForDate: Bool { usual.contains("strftime_now") || toolUse?.contains("strftime_now") == true }
}
