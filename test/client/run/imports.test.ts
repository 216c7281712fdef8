import { expect, test } from 'vitest'
import { importsOf } from '../../../client/run/python/imports.ts'
import { packagesFor } from '../../../client/run/python/load-python.ts'

test.each([
  ['import numpy', ['numpy']],
  ['import numpy as np, scipy.stats as st', ['numpy', 'scipy']],
  ['from scipy.stats import multivariate_normal', ['scipy']],
  [
    'from mpl_toolkits.mplot3d import Axes3D\r\nimport matplotlib.pyplot as plt',
    ['mpl_toolkits', 'matplotlib'],
  ],
  ['def f():\n    import numpy\n', ['numpy']],
  ['try: import numpy\nexcept ImportError: pass', ['numpy']],
  ['import sys; import numpy', ['sys', 'numpy']],
  ['import numpy  # not scipy', ['numpy']],
  ['# import numpy', []],
  ['important = 1\nfrom_numpy = 2', []],
  ['from . import numpy', []],
  ['', []],
])('%j imports %j', (code, names) => expect(importsOf(code)).toEqual(names))

const PACKAGES = {
  matplotlib: { imports: ['pylab', 'mpl_toolkits', 'matplotlib'], depends: ['numpy', 'cycler'] },
  numpy: { imports: ['numpy'], depends: [] },
  cycler: { imports: ['cycler'], depends: ['six'] },
  six: { imports: ['six'], depends: [] },
  // Two that need each other.
  wheel: { imports: ['wheel'], depends: ['race'] },
  race: { imports: ['race'], depends: ['wheel'] },
}

test.each([
  [['matplotlib'], ['matplotlib', 'numpy', 'cycler', 'six']],
  [
    ['mpl_toolkits', 'numpy'],
    ['matplotlib', 'numpy', 'cycler', 'six'],
  ],
  [['race'], ['race', 'wheel']],
  [['json', 'constructor'], []],
  [[], []],
])('for %j these packages are loaded: %j', (imports, names) => {
  expect(packagesFor(imports, PACKAGES).toSorted()).toEqual(names.toSorted())
})
