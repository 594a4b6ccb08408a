// Chats: a turn reads what is new, and answers what it would answer without a memory.

import Generation
import Models
import Tensors
import TestSupport
import Testing

@Suite struct SequenceMemoryTests {
    /// The prompts of a chat: each is the one before, its answer, and `new` tokens more.
    private func chat(
        _ model: LanguageModel, _ new: [Int], memory: SequenceMemory?, adapters: AdapterBinding? = nil
    ) throws -> (answers: [Answer], steps: [Int], kept: [Int]) {
        let scheduler = GenerationScheduler(model)
        var said: [Int32] = [], answers: [Answer] = [], steps: [Int] = [], kept: [Int] = []
        for (turn, count) in new.enumerated() {
            said += prompt(count, turn)
            var request = GenerationRequest(
                prompt: said, maximumTokens: 12, sampler: Sampler(temperature: 0.7, seed: 2, stream: UInt32(turn)))
            (request.memory, request.adapters) = (memory, adapters)
            let id = scheduler.add(request)
            var tokens: [Int32] = [], count = 0
            while !scheduler.isIdle {
                count += 1
                for event in scheduler.step() {
                    if case .token(id, let token) = event { tokens.append(token) }
                    if case .finished(_, let reason) = event { answers.append(Answer(tokens: tokens, reason: reason)) }
                }
            }
            steps.append(count)
            kept.append(memory?.length ?? 0)
            said += tokens
        }
        return (answers, steps, kept)
    }

    /// The same tokens, fewer chunks read.
    @Test(arguments: [ElementType.f32, .bf16]) func turnsGoOnFromWhatWasRead(precision: ElementType) throws {
        let model = try tinyModel(precision: precision)
        for isAdapted in [false, true] {
            let adapters = isAdapted ? try randomAdapter(model, seed: 7).binding(to: model) : .none
            let turns = [30, 25, 480, 300, 90]
            let fresh = try chat(model, turns, memory: nil, adapters: adapters)
            let memory = SequenceMemory()
            let kept = try chat(model, turns, memory: memory, adapters: adapters)
            #expect(kept.answers == fresh.answers)
            // Twelve tokens are twelve steps, the first with the last chunk. Prompts of more than 512 tokens are two
            // chunks: the third turn reads what its two chunks have new in one step.
            #expect(fresh.steps == [12, 12, 13, 13, 13])
            #expect(kept.steps == [12, 12, 12, 12, 12])
            let (new, written) = (turns.reduce(0, +), 12 * turns.count)
            #expect(kept.kept.last == new + written - 1)
            #expect(memory.byteCount > 0)
        }
    }

    /// What hangs on other numbers is no beginning: another adapter, or the same after a step of training.
    @Test func otherNumbersBeginAnew() throws {
        let model = try tinyModel()
        let sets = try [7, 8].map { try randomAdapter(model, seed: $0) }
        let bindings = sets.map { $0.binding(to: model) }
        let memory = SequenceMemory()
        func answer(_ binding: AdapterBinding, memory: SequenceMemory?) throws -> (answer: Answer, steps: Int) {
            let scheduler = GenerationScheduler(model)
            scheduler.add(
                GenerationRequest(prompt: prompt(900, 1), maximumTokens: 5, adapters: binding, memory: memory))
            var (tokens, steps) = ([Int32](), 0)
            while !scheduler.isIdle {
                steps += 1
                for event in scheduler.step() { if case .token(_, let token) = event { tokens.append(token) } }
            }
            return (Answer(tokens: tokens, reason: .maximumTokens), steps)
        }
        #expect(try answer(bindings[0], memory: memory).steps == 6)
        let again = try answer(bindings[0], memory: memory)
        #expect(try again.steps == 5 && again.answer == answer(bindings[0], memory: nil).answer)
        let other = try answer(bindings[1], memory: memory)
        #expect(try other.steps == 6 && other.answer == answer(bindings[1], memory: nil).answer)
        #expect(other.answer != again.answer)
        sets[1].slab.values[sets[1].slab.slots[3].offset] += 1
        sets[1].slab.valuesChanged()
        let changed = try answer(bindings[1], memory: memory)
        #expect(try changed.steps == 6 && changed.answer == answer(bindings[1], memory: nil).answer)
    }

    /// Two requests on one memory at once, and one that is cancelled: everybody is answered as alone.
    @Test func aMemoryIsForOneAtATime() throws {
        let model = try tinyModel(), memory = SequenceMemory()
        let request = GenerationRequest(prompt: prompt(700, 1), maximumTokens: 6, memory: memory)
        let expected = try request.alone(model)
        #expect(memory.length == 705)
        #expect(try GenerationScheduler(model).answers(to: [request, request]) == [expected, expected])
        let scheduler = GenerationScheduler(model)
        let id = scheduler.add(request)
        _ = scheduler.step()
        #expect(memory.length == 0 && scheduler.cancel(id) && memory.length >= 700)
        #expect(try request.alone(model) == expected)
    }
}
