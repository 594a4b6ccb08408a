// What IA3 scales where nobody says it: in each family the modules that PEFT takes.

import Adapters
import Foundation
import JSON
import Models
import Testing
import Vocabulary
import WeightFiles

@Suite struct IA3TargetTests {
    private static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

    /// What PEFT says of each tiny model: null, or paths.
    private static func golden() throws -> [JSONObject.Member] {
        let file = tests.appendingPathComponent("Fixtures/methods/ia3-targets.json")
        return try JSONValue(parsing: [UInt8](Data(contentsOf: file))).object?.members ?? []
    }

    private func model(_ name: String) throws -> LanguageModel {
        let folder = Self.tests.deletingLastPathComponent().appendingPathComponent("ModelsTests/Fixtures/\(name)")
        let weights = try openWeights(folder)
        return try LanguageModel(configuration: ModelConfiguration(of: weights), weights: weights, precision: .f32)
    }

    /// `path` without the name that files of BERT and RoBERTa have before those of the bare model.
    private func bare(_ path: String) -> String {
        ["bert.", "roberta."].first(where: path.hasPrefix).map { String(path.dropFirst($0.count)) } ?? path
    }

    @Test func theyAreThoseOfPEFT() throws {
        var refused = 0
        for (name, expected) in try Self.golden() {
            let model = try model(name), family = ModelFamily.named(model.configuration.family)
            guard case .named(let targets) = AdapterMethod.ia3.usualModules(of: family) else {
                #expect(expected == .null && AdapterMethod.ia3.usualModules(of: family) == .unknown, "\(name)")
                refused += 1
                continue
            }
            var configuration = AdapterConfiguration(
                method: .ia3, rank: 1, alpha: 1, targets: .patterns(targets))
            let layers = model.linearLayers.map(AdaptableLayer.init)
            let matched = try TargetCoverage(configuration, for: layers).matched
            configuration.settings = AdapterMethod.ia3.resolved(configuration.settings, on: matched, of: family)
            let set = try AdapterSet(configuration, for: model)
            // A factor for each input is a row, one for each output a column.
            for (key, scalesInputs) in [("inputs", true), ("outputs", false)] {
                let paths = set.members.filter { ($0.adapter.states[0].values.rows == 1) == scalesInputs }.map(\.path)
                #expect(
                    Set(paths.map(bare).filter { $0.contains(".0.") })
                        == Set((expected[key]?.array ?? []).compactMap(\.string)), "\(name): \(key)")
            }
        }
        #expect(refused == 10)
    }

    /// All other methods take every layer.
    @Test func otherMethodsTakeAllLayers() {
        for method in AdapterMethod.all where method.kind != .ia3 {
            #expect(method.usualModules(of: ModelFamily.named("llama")) == .allLinear)
        }
        #expect(AdapterMethod.ia3.usualModules(of: nil) == .unknown)
    }
}
