// Where a model's chat templates are found: in its folder, in its GGUF file, or where a recipe says.

internal import Files
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
        self.init(try ChatTemplateFiles.text(of: setting))
    }

    /// Those of a model's folder.
    init?(folder: String) throws { try self.init(ChatTemplateFiles.templates(in: folder), in: folder) }

    /// Those of the model at `location`.
    init?(_ place: ChatTemplatePlace, of location: String) throws {
        switch place {
        case .folder(let folder): try self.init(folder: folder)
        case .texts(let named): try self.init(named, in: location)
        }
    }

    /// By name, as models hold them.
    var named: [String: String] {
        var named = ["default": usual]
        named[Self.toolUseName] = toolUse
        return named
    }

    /// Whether a template asks for the date.
    var asksForDate: Bool { usual.contains("strftime_now") || toolUse?.contains("strftime_now") == true }
}
