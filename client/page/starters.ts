/** Questions to start with. */

/** The question that Millrace began with; the demo has its answer, at the pace that was measured. */
export const FOUNDING_QUESTION =
  'Write a Python function plot_2d_normal that makes a 3D plot of a 2D Gaussian'

const STARTERS = [
  FOUNDING_QUESTION,
  'Why is the sky blue?',
  'How does a water mill turn a river into flour?',
  'Explain server-sent events to someone who knows fetch',
]

export function showStarters(list: HTMLElement, ask: (question: string) => void): void {
  for (const question of STARTERS) {
    const button = document.createElement('button')
    button.type = 'button'
    button.textContent = question
    button.addEventListener('click', () => ask(question))
    const item = document.createElement('li')
    item.append(button)
    list.append(item)
  }
}
