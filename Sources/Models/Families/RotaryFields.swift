// The rotary part of `config.json`: `rope_theta` and `rope_scaling` of transformers 4, `rope_parameters` of transformers 5.

import Foundation
import JSON
import Kernels

/// Base, width and scaling of the rotary position code, as `config.json` gives them.
struct RotaryFields {
    /// How much of each head turns.
    struct Share {
        /// Where `config.json` has it, beside `rope_parameters`, in which it is always called `partial_rotary_factor`.
        var key = "partial_rotary_factor"
        /// Where the file is silent.
        var usual = 1.0
    }

    private let base: Double
    /// The numbers of a head that turn.
    private let width: Int
    private var scaling = ModelConfiguration.RotaryScaling.none
    private let fields: HuggingFaceFields
    private let outer: HuggingFaceFields
    private let contextLength: Int
    private let headWidth: Int
    private let isInterleaved: Bool

    /// - Parameters:
    ///   - share: nil where the family turns whole heads, whatever else would be said is refused.
    ///   - defaultBase: where the file says none.
    ///   - isInterleaved: whether the family's pairs lie side by side.
    init(
        _ json: JSONValue, headWidth: Int, contextLength: Int, base defaultBase: Double = 10_000, share: Share? = nil,
        isInterleaved: Bool = false
    ) throws {
        let (name, chosen) = Self.chosen(json)
        let outer = HuggingFaceFields(json)
        let fields = HuggingFaceFields(chosen, place: name)
        // The chosen object's own, then the one beside it: never that of an object which was passed over.
        let base = try fields.number("rope_theta") ?? outer.number("rope_theta") ?? defaultBase
        width = try Self.width(fields, outer, headWidth: headWidth, share)
        for key in ["full_attention", "sliding_attention", "mrope_section"] where chosen[key] != nil {
            throw ModelConfigurationError.unsupported(key: "\(name).\(key)", value: chosen[key]?.text(.compact) ?? "")
        }
        let kind = try fields.text("rope_type") ?? fields.text("type") ?? "default"
        self.base = base
        self.fields = fields
        self.outer = outer
        self.headWidth = headWidth
        self.isInterleaved = isInterleaved
        self.contextLength = contextLength
        scaling = try scaling(of: kind)
    }

    var positions: RotaryPositions {
        RotaryPositions(
            headWidth: headWidth, width: width, isInterleaved: isInterleaved, base: base, scaling: scaling)
    }

    /// The leading numbers of a head that turn: the whole part of its share, as in transformers.
    private static func width(
        _ fields: HuggingFaceFields, _ outer: HuggingFaceFields, headWidth: Int, _ share: Share?
    ) throws -> Int {
        let inside = try fields.number("partial_rotary_factor")
        let outside = try outer.number(share?.key ?? "partial_rotary_factor")
        guard let share else {
            for found in [inside, outside] where (found ?? 1) != 1 {
                throw ModelConfigurationError.unsupported(key: "partial_rotary_factor", value: "\(found ?? 1)")
            }
            return headWidth
        }
        let value = inside ?? outside ?? share.usual
        guard value > 0, value <= 1 else {
            throw ModelConfigurationError.invalid(key: share.key, value: "\(value)", expected: "a number in (0, 1]")
        }
        return Int(Double(headWidth) * value)
    }

    private func scaling(of kind: String) throws -> ModelConfiguration.RotaryScaling {
        switch kind {
        case "default": return .none
        case "linear": return .linear(factor: try positive("factor"))
        case "llama3":
            return .llama3(
                factor: try positive("factor"), lowFrequencyFactor: try positive("low_freq_factor"),
                highFrequencyFactor: try positive("high_freq_factor"), originalPositions: try originalPositions())
        case "yarn": return try yarn()
        // One set of factors for all lengths: how this engine writes frequencies that have no name in transformers.
        case "longrope" where fields.json["short_factor"] == fields.json["long_factor"]: return try factors()
        default: throw ModelConfigurationError.unsupported(key: fields.place + ".rope_type", value: kind)
        }
    }

    /// `rope_scaling` comes before `rope_parameters` where a file has both; an empty object counts as none.
    private static func chosen(_ json: JSONValue) -> (name: String, fields: JSONValue) {
        for name in ["rope_scaling", "rope_parameters"] {
            if let fields = json[name], let members = fields.object?.members, !members.isEmpty { return (name, fields) }
        }
        return ("rope_scaling", .object(JSONObject()))
    }

    private static let known = [
        "rope_theta", "rope_type", "type", "partial_rotary_factor", "factor", "original_max_position_embeddings",
        "attention_factor", "beta_fast", "beta_slow", "mscale", "mscale_all_dim", "truncate", "short_factor",
        "long_factor", "low_freq_factor", "high_freq_factor", "finetuned",
        "full_attention", "sliding_attention",
    ]

    /// What the person should know about the rotary part: a passed-over object, unknown fields.
    static func notes(_ json: JSONValue) -> [String] {
        let (name, chosen) = Self.chosen(json)
        var notes: [String] = []
        if name == "rope_scaling", let other = json["rope_parameters"], let members = other.object?.members,
            !members.isEmpty, chosen.object?.members.isEmpty == false, other != chosen
        {
            notes.append("rope_scaling and rope_parameters differ: rope_scaling counts, as in transformers")
        }
        let unknown = (chosen.object?.members ?? []).map(\.key).filter { !known.contains($0) }
        if !unknown.isEmpty { notes.append("\(name): unknown and not used: \(unknown.joined(separator: ", "))") }
        return notes
    }

    /// The context before stretching. One that stands outside the rotary object comes first.
    private func originalPositions() throws -> Double {
        let value =
            try outer.optional("original_max_position_embeddings")
            ?? fields.optional("original_max_position_embeddings") ?? contextLength
        guard value > 0 else {
            throw ModelConfigurationError.invalid(
                key: "original_max_position_embeddings", value: "\(value)", expected: "a positive number")
        }
        return Double(value)
    }

    private func yarn() throws -> ModelConfiguration.RotaryScaling {
        let original = try originalPositions()
        let isNull = fields.json["factor"]?.isNull == true
        let factor = isNull ? Double(contextLength) / original : try positive("factor")
        var attentionFactor = try fields.number("attention_factor")
        let (strength, other) = (try fields.number("mscale") ?? 0, try fields.number("mscale_all_dim") ?? 0)
        if attentionFactor == nil, strength != 0, other != 0 {
            attentionFactor =
                RotaryScaling.yarnAmplitude(factor: factor, strength: strength)
                / RotaryScaling.yarnAmplitude(factor: factor, strength: other)
        }
        // Zero counts as not given, as in transformers.
        func beta(_ key: String, _ usual: Double) throws -> Double {
            let value = try fields.number(key) ?? 0
            return value == 0 ? usual : value
        }
        let (fast, slow) = (try beta("beta_fast", 32), try beta("beta_slow", 1))
        guard fields.json["truncate"] != nil, try fields.flag("truncate") != true else {
            return .yarn(
                factor: factor, originalPositions: original, attentionFactor: attentionFactor, betaFast: fast,
                betaSlow: slow)
        }
        let ramp = RotaryScaling.yarnRamp(
            width: width, base: base, originalPositions: original, betaFast: fast, betaSlow: slow, rounds: false)
        return .frequencyFactors(
            ramp.map { Float(1 / ($0 / factor + 1 - $0)) },
            amplitude: attentionFactor ?? RotaryScaling.yarnAmplitude(factor: factor))
    }

    private func factors() throws -> ModelConfiguration.RotaryScaling {
        let factors = (fields.json["long_factor"]?.array ?? []).compactMap(\.double).map(Float.init)
        guard factors.count == width / 2 else {
            throw ModelConfigurationError.invalid(
                key: fields.place + ".long_factor", value: "\(factors.count) factors",
                expected: "\(width / 2) numbers")
        }
        if let amplitude = try fields.number("attention_factor") {
            return .frequencyFactors(factors, amplitude: amplitude)
        }
        let original = try originalPositions()
        let factor = try fields.number("factor") ?? Double(contextLength) / original
        return .frequencyFactors(factors, amplitude: factor <= 1 ? 1 : (1 + log(factor) / log(original)).squareRoot())
    }

    private func positive(_ key: String) throws -> Double {
        guard let value = try fields.number(key) else {
            throw ModelConfigurationError.missing(key: "\(fields.place).\(key)")
        }
        guard value > 0, value.isFinite else {
            throw ModelConfigurationError.invalid(
                key: "\(fields.place).\(key)", value: "\(value)", expected: "a positive number")
        }
        return value
    }
}

extension RotaryPositions {
    /// The share of a head that turns: the whole part of its product with D is W again.
    var share: Double {
        let share = Double(width) / Double(headWidth)
        return Int(Double(headWidth) * share) < width ? share.nextUp : share
    }

    /// The members of `config.json` that say it.
    /// - Parameter shareKey: what the family calls the share of a head that turns.
    func huggingFaceMembers(
        contextLength: Int, shareKey: String = "partial_rotary_factor"
    ) -> [JSONObject.Member] {
        [("rope_theta", .double(base))]
            + (width == headWidth ? [] : [(shareKey, .double(share))])
            + (scaling.huggingFaceJSON(contextLength: contextLength).map { [("rope_scaling", .object($0))] } ?? [])
    }
}

extension RotaryScaling {
    /// The `rope_scaling` object; nil where nothing is scaled.
    fileprivate func huggingFaceJSON(contextLength: Int) -> JSONObject? {
        switch self {
        case .none: nil
        case .yarn(let factor, let original, let attentionFactor, let betaFast, let betaSlow):
            JSONObject(
                [
                    ("rope_type", "yarn"), ("factor", .double(factor)), ("beta_fast", .double(betaFast)),
                    ("beta_slow", .double(betaSlow)), ("original_max_position_embeddings", .integer(Int(original))),
                ] + (attentionFactor.map { [("attention_factor", .double($0))] } ?? []))
        case .linear(let factor): JSONObject([("rope_type", "linear"), ("factor", .double(factor))])
        case .llama3(let factor, let low, let high, let original):
            JSONObject([
                ("rope_type", "llama3"), ("factor", .double(factor)), ("low_freq_factor", .double(low)),
                ("high_freq_factor", .double(high)), ("original_max_position_embeddings", .integer(Int(original))),
            ])
        case .frequencyFactors(let factors, let amplitude):
            // transformers has no plain "factors"; `longrope` with the same list twice is just that.
            JSONObject([
                ("rope_type", "longrope"), ("factor", 1.0), ("attention_factor", .double(amplitude)),
                ("short_factor", .array(factors.map { .double(Double($0)) })),
                ("long_factor", .array(factors.map { .double(Double($0)) })),
                ("original_max_position_embeddings", .integer(contextLength)),
            ])
        }
    }
}
