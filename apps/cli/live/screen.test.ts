import { expect, test } from 'vitest'
import { fakeTerminal } from '../fake/terminal.ts'
import { openScreen } from './screen.ts'

test('a drawing replaces the one before, whatever their lengths', () => {
  const terminal = fakeTerminal(40, 10)
  const screen = openScreen(terminal.stream)
  screen.draw(['one', 'two', 'three'])
  screen.draw(['one', 'zwei'])
  expect(terminal.screen()).toEqual(['one', 'zwei'])
  screen.draw(['one', 'zwei', 'drei', 'vier'])
  expect(terminal.screen()).toEqual(['one', 'zwei', 'drei', 'vier'])
})

test('lines that stay stand above the drawing, also when the terminal scrolls', () => {
  const terminal = fakeTerminal(40, 5)
  const screen = openScreen(terminal.stream)
  screen.draw(['frame 1', 'frame 2'])
  for (let n = 1; n <= 6; n++) {
    screen.print([`finding ${n}`])
    screen.draw(['frame 1', `frame 2: ${n}`])
  }
  expect(terminal.all()).toEqual([
    ...['1', '2', '3', '4', '5', '6'].map((n) => `finding ${n}`),
    'frame 1',
    'frame 2: 6',
  ])
})

test('what did not change is not written', () => {
  const terminal = fakeTerminal(40, 10)
  const screen = openScreen(terminal.stream)
  screen.draw(['a', 'b'])
  const before = terminal.writes()
  screen.draw(['a', 'b'])
  expect(terminal.writes()).toBe(before)
  screen.draw(['a', 'c'])
  expect(terminal.writes()).toBe(before + 1)
})

test('a terminal that changes its width is drawn anew', () => {
  const terminal = fakeTerminal(30, 10)
  const screen = openScreen(terminal.stream)
  screen.draw(['x'.repeat(25), 'second'])
  terminal.resize(60)
  screen.draw(['y'.repeat(50), 'second'])
  expect(terminal.screen()).toEqual(['y'.repeat(50), 'second'])
})

test('in the end the drawing is gone and the cursor is back', () => {
  const terminal = fakeTerminal(40, 10)
  const screen = openScreen(terminal.stream)
  expect(terminal.isCursorShown()).toBe(false)
  screen.draw(['a', 'b'])
  screen.print(['stays'])
  screen.close()
  expect({ screen: terminal.screen(), shown: terminal.isCursorShown() }).toEqual({ screen: ['stays'], shown: true })
})
