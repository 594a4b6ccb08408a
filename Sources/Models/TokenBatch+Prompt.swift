// Tokens that no text has, before each text: what prompt tuning and prefix tuning train.

import Tensors

extension AdapterBinding {
    /// The tokens that stand before each text, which have the ids after the vocabulary's; empty where there are none.
    public var virtualTokens: [Int32] { parts?.virtualTokens ?? [] }
}

extension LanguageModel {
    /// Rows that passes have before each text, beside those of its tokens: what its adapter has there.
    public var rowsAhead: Int { adapters.virtualTokens.count }
}

extension TokenBatch {
    /// The batch with `tokens` before each text: rows that carry no loss.
    func following(_ tokens: [Int32]) -> TokenBatch {
        guard !tokens.isEmpty else { return self }
        precondition(reads == .targets && types == nil, "virtual tokens before what is not written on")
        var ids: [Int32] = []
        var targets: [Int32] = []
        var bounds = [0]
        // Where each row stands now, and where those before its text do.
        var places: [Int32] = []
        var newPositions: [Int32] = []
        let positions = positions
        for (start, end) in zip(self.bounds, self.bounds.dropFirst()) {
            // What goes on from a shared beginning has them there.
            if positions[start] == 0 {
                ids += tokens
                targets += [Int32](repeating: -1, count: tokens.count)
                newPositions += 0..<Int32(tokens.count)
            }
            places += Int32(ids.count)..<Int32(ids.count + end - start)
            newPositions += positions[start..<end].map { $0 + Int32(tokens.count) }
            ids += self.ids[start..<end]
            targets += self.targets[start..<end]
            bounds.append(ids.count)
        }
        var batch = self
        (batch.ids, batch.bounds, batch.targets) = (ids, bounds, targets)
        batch.sharing = sharing?.following(tokens.count, places, positions: newPositions)
        return batch
    }

    /// The rows whose positions are those of `tokens` virtual tokens or later, ascending: those of texts.
    func textRows(after tokens: Int) -> [Int32] {
        positions.indices.filter { Int(positions[$0]) >= tokens }.map { Int32($0) }
    }
}

extension RowSharing {
    /// - Parameters:
    ///   - count: of virtual tokens before the first row of each sequence.
    ///   - places: where each row stands now.
    fileprivate func following(_ count: Int, _ places: [Int32], positions: [Int32]) -> RowSharing {
        var sharing = RowSharing()
        sharing.positions = positions
        for (start, end) in zip(bounds, bounds.dropFirst()) {
            let first = places[Int(rows[start])]
            sharing.rows += first - Int32(count)..<first
            sharing.rows += rows[start..<end].map { places[Int($0)] }
            sharing.bounds.append(sharing.rows.count)
        }
        sharing.homes = Array(repeating: -1, count: positions.count)
        for (place, row) in sharing.rows.enumerated() where sharing.homes[Int(row)] < 0 {
            sharing.homes[Int(row)] = Int32(place)
        }
        return sharing
    }
}
