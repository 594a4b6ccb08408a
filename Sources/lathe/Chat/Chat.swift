// A chat: on a terminal between a person and a model, and line by line where lines come from a pipe.

internal import DataReports
internal import Foundation
internal import Vocabulary
internal import Workbench

/// Talks with a model until nothing more comes.
final class Chat {
    private let options: ModelOptions
    private let overrides: [String]
    private var settings: GenerationSettings
    private var generator: TextGenerator
    /// The adapter's path; nil for the base alone.
    private var adapter: String?

    init(_ options: ModelOptions, overrides: [String], settings: GenerationSettings) throws {
        self.options = options
        self.overrides = overrides
        self.settings = settings
        adapter = options.adapter
        generator = try TextGenerator(
            options.session(for: .generate, adapter: options.adapter, and: overrides), settings: settings)
        generator.tell(options.common.observer)
    }

    func run() throws {
        if TerminalEditor.isPossible { try talk() } else { try answerLines() }
    }

    /// Each line is a prompt of its own: one that the model cannot take is told, and the next one is answered.
    private func answerLines() throws {
        var input = StandardInput()
        while true {
            do {
                guard let line = try input.line() else { return }
                guard !line.isEmpty else { continue }
                generator.forget()
                // A signal ends the process: lines that nobody has answered yet are not gone on with.
                try show { try generator.answer(line, onText: $0) }
            } catch let error as any ClassifiedError where error.kind == .badInput {
                StandardError.say("lathe: \(error)")
            }
        }
    }

    // MARK: A person

    private func talk() throws {
        if !options.common.quiet {
            StandardError.say("/help tells what else there is; Ctrl-D leaves, Ctrl-C ends an answer")
        }
        let editor = TerminalEditor(prompt: "> ")
        while true {
            switch try editor.read() {
            case .end: return
            case .abandoned: StandardError.say("Ctrl-D or /exit leaves")
            case .line(let line):
                guard line.contains(where: { !$0.isWhitespace }) else { continue }
                do {
                    guard try obey(ChatCommand(line)) else { return }
                } catch let error as any ClassifiedError where error.kind != .interrupted && error.kind != .internal {
                    // A message that the model cannot take was never said; a file that cannot be written costs no chat.
                    StandardError.say("lathe: \(error)")
                }
            }
        }
    }

    /// Whether the chat goes on.
    private func obey(_ command: ChatCommand) throws -> Bool {
        switch command {
        case .leave: return false
        case .message(let text):
            try show { onText in
                try StopSignals.whileAnswering { try generator.answer(text, isStopped: $0, onText: onText) }
            }
        case .help: for (call, meaning) in ChatCommand.all { StandardError.say("  \(call)  \(meaning)") }
        case .mistaken(let words): StandardError.say(words)
        case .reset:
            generator.forget()
            StandardError.say("nothing was said")
        case .system(let text): try setSystem(text)
        case .save(let file):
            let count = try generator.save(to: file)
            StandardError.say("\(count) messages in \(file)")
        case .adapter(let name): try change(to: name)
        }
        return true
    }

    private func setSystem(_ text: String?) throws {
        guard let text else {
            StandardError.say(generator.system.map { "system: \($0)" } ?? "there is no system message")
            return
        }
        try generator.begin(system: text == "none" ? nil : text)
        settings.system = generator.system
        StandardError.say("begun anew" + (generator.system == nil ? " without a system message" : ""))
    }

    /// Goes on with another adapter, or with the base alone; what was said stays.
    private func change(to name: String?) throws {
        guard let name else {
            StandardError.say(adapter.map { "adapter: \($0)" } ?? "the base alone")
            let found = try ChatAdapters.names()
            if !found.isEmpty { StandardError.say("runs with adapters: " + found.joined(separator: ", ")) }
            return
        }
        let path = name == "none" ? nil : try ChatAdapters.path(name)
        let session = try options.session(for: .generate, adapter: path, and: overrides)
        let next = try TextGenerator(session, settings: settings)
        try next.goOn(from: generator)
        (generator, adapter) = (next, path)
        generator.tell(options.common.observer)
        StandardError.say(path.map { "adapter: \($0)" } ?? "the base alone")
    }

    // MARK: Answers

    /// Shows what `generate` gives, piece by piece.
    private func show(_ generate: (_ onText: (String) -> Void) throws -> GeneratedText) throws {
        let output = OutputPieces()
        var wrapped =
            StandardOutput.isTerminal ? TerminalLine.columns(of: STDOUT_FILENO).map { WrappedText(columns: $0) } : nil
        let answer = try generate { output.write(wrapped?.feed($0) ?? $0) }
        output.write((wrapped?.finish() ?? "") + "\n\n")
        try output.finish()
        options.warn(of: answer)
    }
}

extension ModelOptions {
    /// Says what of an answer a person might miss.
    func warn(of answer: GeneratedText) {
        guard answer.isCutByContext else { return }
        common.observer.receive(.warning("the answer ends where the model's context is full"))
    }
}
