// The certificate: each way a merge goes wrong makes it fail.

import Foundation
import JSON
import ModelExport
import TestSupport
import Testing
import Vocabulary

@Suite struct CertificateTests {
    private func result(
        expected: Int = 7, applied: Int = 7, norm: Double = 1.5, type: WeightType = .fp32
    ) -> MergeResult {
        MergeResult(
            tensorsExpected: expected, tensorsApplied: applied, deltaNorm: norm, tensorDeltaNorms: [("m", norm)],
            type: type,
            untiedHead: false, bytesWritten: 0)
    }

    private func comparison(_ change: ([Float]) -> [Float] = { $0 }) -> LogitComparison {
        let logits: [Float] = [1, 2, 3, 4, 9, 7, -5, 2]
        var comparison = LogitComparison()
        comparison.add(adapter: logits, merged: change(logits), vocabularySize: 4)
        return comparison
    }

    private func certificate(
        _ merge: MergeResult? = nil, _ logits: LogitComparison? = nil, merged: Double = 2, strays: Int = 0
    ) -> MergeCertificate {
        MergeCertificate(
            merge: merge ?? result(), weights: WeightComparison(count: 9, strayCount: strays),
            logits: logits ?? comparison(),
            losses: ProbeLosses(base: 3, adapter: 2, merged: merged),
            baseDigest: "aa", baseQuantisation: "F32 1", adapterBaseDigest: "bb")
    }

    @Test func aSoundMergePasses() {
        let sound = certificate()
        #expect(sound.passed && sound.failures.isEmpty)
        let json = sound.json
        for key in [
            "tensors_expected", "tensors_applied", "delta_norm", "max_abs_logit_difference",
            "mean_abs_logit_difference",
            "top1_agreement", "base", "adapter", "merged", "passed",
        ] { #expect(json[key] != nil, "\(key)") }
        #expect(
            json["passed"] == true && json["adapter"]?["loss"]?.double == 2 && json["trained_on_this_base"] == false)
    }

    /// Sums of large logits round by as much more: the weights themselves are compared one by one.
    @Test func largeLogitsMayDifferByAsMuchMore() {
        func large(_ factor: Float, _ change: Float) -> LogitComparison {
            let logits = [1, 2, 3, 4, 9, 7, -5, 2].map { $0 * factor }
            var comparison = LogitComparison()
            comparison.add(adapter: logits, merged: [logits[0] + change] + logits.dropFirst(), vocabularySize: 4)
            return comparison
        }
        #expect(certificate(nil, large(100, 0.02)).passed)
        #expect(!certificate(nil, large(1, 0.02)).passed && !certificate(nil, large(100, 2)).passed)
    }

    @Test func everyFaultFails() {
        #expect(!certificate(result(applied: 6)).passed)
        #expect(!certificate(result(expected: 0, applied: 0)).passed)
        #expect(!certificate(result(norm: 0)).passed)
        #expect(!certificate(result(norm: .nan)).passed)
        #expect(!certificate(nil, LogitComparison()).passed)
        #expect(!certificate(nil, comparison { $0.map { $0 * 1.01 } }).passed)
        #expect(!certificate(nil, comparison { [.nan] + $0.dropFirst() }).passed)
        #expect(!certificate(result(type: .bf16), comparison { [.nan] + $0.dropFirst() }).passed)
        #expect(!certificate(result(type: .bf16), comparison { $0.reversed() }).passed)
        #expect(!certificate(merged: 2.1).passed)
        #expect(!certificate(merged: .nan).passed)
        #expect(!certificate(strays: 1).passed && !certificate(result(type: .bf16), strays: 1).passed)
        #expect(
            certificate(result(type: .bf16), merged: 2.2).passed
                && !certificate(result(type: .bf16), merged: 2.4).passed)
        #expect(certificate(result(type: .bf16), comparison { $0.map { $0 * 1.001 } }).passed)
    }

    @Test func countsWhatItCompares() {
        let found = comparison { logits in logits.enumerated().map { $0 == 3 ? $1 - 2 : $1 } }
        #expect(found.rows == 2 && found.agreeingRows == 1 && found.maximumDifference == 2)
        #expect(abs(found.meanDifference - 0.25) < 1e-12)
    }
}
