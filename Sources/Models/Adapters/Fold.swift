// An adapter that goes into 4- and 5-bit blocks without rounding them again. A block of 32 weights is d·q + m, and A has a column
// for each block, so B·A changes all weights of a block alike: the change is one of m, and d and q stay. It is the idea of QA-LoRA
// (Xu et al., 2023) for blocks that files have anyway. x̄ the sums of x over blocks; N rows, r rank, G = in/32:
//
//     m' = fp16(m + s·B·A)  [out, G]     y = x·W'ᵀ + b, W' = d·q + m'
//     z = s·x̄·Aᵀ  [N, r]                 dB += dyᵀ·z           dz = s·dy·B           dA += dzᵀ·x̄           dx = dy·W'
//
// W' is what a merged file holds, to the bit: training, generation and the file compute with the same blocks. The gradient passes
// the rounding of m' as if there were none.
//
// With dropout the adapter sees x masked, W sees x whole: y += (z − z of x whole)·Bᵀ, and dx gets mask(dz·A) in the place of dz·A.

import Kernels
public import Tensors

extension AdapterMethod {
    /// Fold: A `[r, in/32]` and B, whose product goes into the minima of the blocks.
    public static let fold = AdapterMethod(
        .fold, words: .lora(type: "LATHE_FOLD"), pass: FoldPass.self,
        folding: BlockFolding(
            types: DType.allCases.filter(BlockMinima.stand), blockSize: BlockMinima.blockSize,
            weight: { adapter, weight in
                adapter.derived(from: weight) { (stale: FoldedWeight?) in
                    let folded = stale ?? FoldedWeight(weight)
                    folded.set(b: adapter.b, a: adapter.a, scale: adapter.scale)
                    return folded
                }.tensor
            })
    ) { factorStates($0, inputsPerColumn: BlockMinima.blockSize) }
}

/// A copy of a stored weight, of which the minima are its own.
public final class FoldedWeight {
    /// The weight as it stands now.
    public let tensor: FrozenTensor
    private let bytes: UnsafeMutableRawBufferPointer
    /// The base's, in Hugging Face's order of rows.
    private let minima: [UInt16]

    /// The weight as the base has it, which is not read again.
    public init(_ weight: FrozenTensor) {
        let from = weight.bytes
        bytes = .allocate(byteCount: from.count, alignment: 64)
        bytes.copyMemory(from: from)
        minima = BlockMinima.read(weight)
        let address = UInt(bitPattern: bytes.baseAddress)
        let storage = Storage(bytes: UnsafeRawBufferPointer(bytes)) {
            UnsafeMutableRawPointer(bitPattern: address)?.deallocate()
        }
        tensor = FrozenTensor(
            name: weight.name, dtype: weight.dtype, shape: weight.shape, storage: storage, byteOffset: 0,
            form: weight.form)
        weight.dropPages()
    }

    /// Makes it the base with scale · b · a in its blocks, whatever it was before.
    /// - Parameters:
    ///   - b: `[out, r]` fp32.
    ///   - a: `[r, in/32]` fp32.
    public func set(b: Matrix, a: Matrix, scale: Float) {
        BlockMinima.write(minima, plusProductOf: b, a, scale: scale, into: tensor, bytes)
    }

    /// Bytes that a copy of `weight` takes, with the base's minima.
    static func byteCount(of weight: FrozenTensor) -> Int {
        weight.bytes.count + weight.elementCount / BlockMinima.blockSize * MemoryLayout<UInt16>.size
    }
}

extension LanguageModel {
    /// Bytes of the weights that the attached adapters change in copies of their own.
    public var foldedBytes: Int {
        linearLayers.reduce(0) { bytes, layer in
            bytes + (adapters[layer]?.method.folding == nil ? 0 : FoldedWeight.byteCount(of: layer.weight))
        }
    }
}

/// A fold adapter in one direction of a pass. The layer's panels are those of W'.
struct FoldPass: AdapterPass {
    private let lowRank: LowRankPass
    /// x̄ on the way up, G rounded up to whole pairs; with dropout dz·A on the way back.
    private let sums: RowScratch?
    /// With dropout on the way up: what the mask changes of z.
    private let noise: RowScratch?

    private var site: AdapterSite { lowRank.site }

    init(_ site: AdapterSite) {
        let context = site.context, isForward = site.dz == nil
        lowRank = LowRankPass(site)
        if isForward {
            sums = context.scratch(columns: site.a.depth)
        } else {
            sums = lowRank.drops ? context.scratch(columns: site.a.columns, type: .f32) : nil
        }
        noise = isForward && lowRank.drops ? context.scratch(columns: site.kept.z.columns) : nil
    }

    // MARK: Forward

    func forward(_ x: Matrix, into y: Matrix?, base: Matrix?, _ block: RowBlock) {
        guard let sums = sums?[block] else { preconditionFailure("the layer was not laid out for the way up") }
        BlockMinima.sums(of: lowRank.input(x, block), into: sums)
        lowRank.project(sums, block)
        guard let y else { return }
        guard let weight = site.weight else { preconditionFailure("no weight was laid out") }
        var terms = [Term(x, weight)]
        if let noise = noise?[block] {
            BlockMinima.sums(of: x, into: sums)
            Products.sum([Term(sums, site.a)], into: noise, alpha: -site.adapter.scale)
            Elements.add(site.kept.z.rows(block.rows), into: noise)
            terms.append(Term(noise, site.b))
        }
        Products.sum(terms, into: y, bias: site.bias, base: base)
    }

    // MARK: Backward

    func backward(_ dy: Matrix, _ block: RowBlock) -> [Term] {
        lowRank.backproject(dy, block)
        return site.weight.map { [Term(dy, $0)] } ?? []
    }

    func addRest(into dx: Matrix, _ block: RowBlock) {
        guard let sums = sums?[block], let share = lowRank.maskedRows(block, type: .f32) else { return }
        Products.sum([lowRank.inputGradient(block)], into: sums, alpha: -1)
        BlockMinima.spread(sums, into: share)
        Elements.add(share, into: dx)
        lowRank.mask(share, into: share, block)
        Elements.scale(share, by: -1)
        Elements.add(share, into: dx)
    }

    static func gradients(
        _ sum: AdapterSum, x: Matrix, _ adapter: LowRankAdapter, _ factors: FactorPair?, _ context: PassContext
    ) -> [GradientProduct] {
        let sums = context.activations(rows: x.rows, columns: adapter.a.columns)
        context.compute { BlockMinima.sums(of: x, into: sums) }
        return LowRankPass.gradients(sum, x: sums, adapter, factors, context)
    }
}
