/** Suggested questions. */

/** The question of the founding example. The demo has its answer, with the measured pace. */
export const FOUNDING_QUESTION =
  'Write a Python function plot_2d_normal that makes a 3D plot of a 2D Gaussian'

export const STARTERS: readonly string[] = [
  FOUNDING_QUESTION,
  'Why is the sky blue?',
  'How does a water mill turn a river into flour?',
  'How do I put this chat on my site?',
]
