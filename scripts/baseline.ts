/**
 * The browsers that the page and the widget are built for. Baseline 2024: features that every engine had by
 * the end of that year.
 */
export const BASELINE = ['chrome131', 'edge131', 'firefox133', 'safari18.2']
