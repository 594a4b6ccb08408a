import Adapters
import Testing

@Suite struct Targets {
    private let paths = tinyLayers(blocks: 2).map(\.path) + ["lm_head"]

    private func matched(_ patterns: String...) throws -> [String] {
        try TargetCoverage(.patterns(patterns), paths: paths).matched
    }

    @Test func allLinearLeavesTheHeadAlone() throws {
        let coverage = try TargetCoverage(.allLinear, paths: paths)
        #expect(coverage.matched == Array(paths.dropLast()))
        #expect(coverage.table.count == 8)
        #expect(coverage.table.first { $0.kind == "lm_head" }?.matchedCount == 0)
        #expect(coverage.table.first { $0.kind == "q_proj" }?.matchedCount == 2)
    }

    @Test func namesMatchWholeComponents() throws {
        #expect(try matched("q_proj") == ["model.layers.0.self_attn.q_proj", "model.layers.1.self_attn.q_proj"])
        #expect(try matched("mlp.up_proj").count == 2)
        #expect(throws: AdapterError.self) { try matched("proj") }
        #expect(try matched("lm_head") == ["lm_head"])
    }

    @Test func globsAndExpressions() throws {
        #expect(try matched("layers.*.k_proj").count == 2)
        #expect(try matched("*.1.mlp.*").count == 3)
        #expect(try matched(".*v_proj").count == 2)
        #expect(try matched(#"model\.layers\.1\.self_attn\.(q|v)_proj"#).count == 2)
        #expect(throws: AdapterError.self) { try matched("(q_proj") }
    }

    /// A name that matches nothing is an error also where others match.
    @Test func everyPatternMustMatch() throws {
        do throws(AdapterError) {
            _ = try TargetCoverage(.patterns(["q_proj", "v_prj", "query"]), paths: paths)
            Issue.record("two patterns match nothing")
        } catch {
            #expect(error.problems.map(\.subject) == ["v_prj", "query"])
            #expect(error.problems.first?.nearest == "v_proj")
        }
    }

    @Test func patternsOverrideRankAndScale() throws {
        let configuration = AdapterConfiguration(
            rank: 8, alpha: 16,
            rankOverrides: [.init(pattern: "q_proj", value: 2), .init(pattern: #".*\.1\..*"#, value: 4)],
            alphaOverrides: [.init(pattern: "layers.0.mlp.up_proj", value: 32)])
        let set = try AdapterSet(configuration, for: tinyLayers(blocks: 2))
        let ranks = Dictionary(uniqueKeysWithValues: set.members.map { ($0.path, $0.adapter.rank) })
        #expect(ranks["model.layers.1.self_attn.q_proj"] == 2)
        #expect(ranks["model.layers.1.self_attn.k_proj"] == 4)
        #expect(ranks["model.layers.0.self_attn.k_proj"] == 8)
        let scales = Dictionary(uniqueKeysWithValues: set.members.map { ($0.path, $0.adapter.scale) })
        #expect(scales["model.layers.0.mlp.up_proj"] == 4)
        #expect(scales["model.layers.0.self_attn.q_proj"] == 8)
        #expect(scales["model.layers.0.self_attn.k_proj"] == 2)
    }

    @Test func rankStabilisationDividesByTheRoot() throws {
        let configuration = AdapterConfiguration(rank: 16, alpha: 32, usesRankStabilisation: true)
        #expect(try configuration.scale(of: "model.layers.0.mlp.up_proj") == 8)
    }

    @Test func impossibleNumbersAreRefused() {
        for configuration in [
            AdapterConfiguration(rank: 0, alpha: 1), AdapterConfiguration(rank: 1, alpha: .nan),
            AdapterConfiguration(rank: 1 << 40, alpha: 1),
            AdapterConfiguration(rank: 1, alpha: 1, rankOverrides: [.init(pattern: "q_proj", value: .max)]),
            AdapterConfiguration(rank: 1, alpha: 1, dropout: 1),
        ] {
            #expect(throws: AdapterError.self) { try AdapterSet(configuration, for: tinyLayers(blocks: 1)) }
        }
    }

    @Test func initialisationIsUniformInItsBoundAndSeeded() throws {
        let set = try AdapterSet(AdapterConfiguration(rank: 8, alpha: 16), for: tinyLayers(blocks: 1))
        set.initialise(seed: 5)
        #expect(set.isZero)
        for member in set.members {
            let bound = 1 / Float(member.adapter.inputSize).squareRoot()
            let values = Array(member.adapter.a.floats)
            #expect(values.allSatisfy { abs($0) <= bound })
            #expect(values.contains { $0 > 0.9 * bound } && values.contains { $0 < -0.9 * bound })
            let mean = values.reduce(0, +) / Float(values.count)
            #expect(abs(mean) < bound / 10)
        }
        let first = Array(set.slab.values)
        set.initialise(seed: 5)
        #expect(Array(set.slab.values) == first)
        set.initialise(seed: 6)
        #expect(Array(set.slab.values) != first)
    }
}
