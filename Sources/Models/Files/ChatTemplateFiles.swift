// The chat templates of a model's folder, found as transformers finds them.

internal import Files
internal import Foundation
internal import JSON
internal import WeightFiles

extension ModelSource {
    /// The chat templates by name, `default` among them where there is a usual one; empty where there are none.
    public func chatTemplates() throws -> [String: String] {
        switch chatTemplatePlace {
        case .folder(let folder): try ChatTemplateFiles.templates(in: folder)
        case .texts(let named): named
        }
    }
}

/// Chat templates as files of a folder.
public enum ChatTemplateFiles {
    /// The templates of `folder` by name: its template files or, where there are none, its tokenizer's settings.
    public static func templates(in folder: String) throws -> [String: String] {
        var named: [String: String] = [:]
        let single = folder + "/chat_template.jinja"
        if try FileForm(at: single) != nil { named["default"] = try text(of: single) }
        let further = folder + "/additional_chat_templates"
        for name in try Folder.names(in: URL(fileURLWithPath: further)) ?? [] where name.hasSuffix(".jinja") {
            named[String(name.dropLast(6))] = try text(of: further + "/" + name)
        }
        let settings = folder + "/tokenizer_config.json"
        guard named.isEmpty, try FileForm(at: settings) != nil else { return named }
        return try templates(inSettings: settings)
    }

    /// The text of the template file `path`.
    public static func text(of path: String) throws -> String {
        guard let text = String(validating: try WholeFile.bytes(path), as: UTF8.self) else {
            throw WeightError(file: path, "not UTF-8 text")
        }
        return text
    }

    /// The files of a model's folder with `templates` in place of those that they hold.
    public static func replacing(
        _ templates: [String: String], in files: [(name: String, bytes: [UInt8])]
    ) -> [(name: String, bytes: [UInt8])] {
        let (single, further, settings) = ("chat_template.jinja", "additional_chat_templates/", "tokenizer_config.json")
        var files = files.filter { $0.name != single && !$0.name.hasPrefix(further) }
        // Some readers take the template of the settings before the file.
        if let index = files.firstIndex(where: { $0.name == settings }),
            var object = try? JSONValue(parsing: String(decoding: files[index].bytes, as: UTF8.self)).object
        {
            object["chat_template"] = nil
            files[index].bytes = Array((JSONValue.object(object).text(.pretty) + "\n").utf8)
        }
        return files
            + templates.sorted { $0.key < $1.key }.map { name, text in
                (name == "default" ? single : further + name + ".jinja", Array(text.utf8))
            }
    }

    private static func templates(inSettings path: String) throws -> [String: String] {
        let text = try text(of: path)
        let settings: JSONValue
        do throws(JSONError) { settings = try JSONValue(parsing: text) } catch {
            throw WeightError(file: path, "not JSON: \(error)")
        }
        guard let value = settings["chat_template"], !value.isNull else { return [:] }
        if let template = value.string { return ["default": template] }
        var named: [String: String] = [:]
        for entry in value.array ?? [] {
            if let name = entry["name"]?.string, let template = entry["template"]?.string { named[name] = template }
        }
        guard !named.isEmpty else {
            throw WeightError(file: path, "chat_template must be a text or a list of { name, template }")
        }
        return named
    }
}
