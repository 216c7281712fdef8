import { expect, test } from 'vitest'
import { createAccount, Overspent } from '../../../scripts/simulate/account.ts'

/** Of 100 tokens: what callers may spend, what they have spent, and what is put down. */
test.each([
  ['nothing', 0, 0, 0, true],
  ['all of it', 100, 100, 100, true],
  ['a grant that is lost is put down and not held', 40, 10, 90, true],
  ['more is spent than held', 40, 41, 90, false],
  ['more is held than put down', 91, 10, 90, false],
  ['more is put down than there is', 10, 10, 101, false],
])('%s', (_, held, spent, down, isRight) => {
  const account = createAccount(100)
  account.putDown(down)
  account.change(held, spent)
  if (isRight) expect(account.check).not.toThrow()
  else expect(account.check).toThrow(Overspent)
})
