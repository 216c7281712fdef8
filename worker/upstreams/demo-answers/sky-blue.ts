/**
 * Shows a formula and a table. The third column is (700 nm / λ)⁴. Rarer signs, such as ∝, are in few fonts
 * for code.
 */
export const SKY_BLUE = `The air scatters **blue light far more than red**, so blue comes to your eye from the whole sky.

Sunlight is a mix of all colours. The molecules of the air are much smaller than a wavelength of light (λ), and such \
small things scatter short waves much more than long ones. That is *Rayleigh scattering*. Its strength I falls \
with the fourth power of the wavelength:

\`\`\`
I = k / λ⁴
I(blue) / I(red) = (700 / 450)⁴ ≈ 5.9
\`\`\`

| Colour | Wavelength | Scattered, red being 1 |
|:--|--:|--:|
| Violet | 400 nm | 9.4 |
| Blue | 450 nm | 5.9 |
| Green | 530 nm | 3.0 |
| Yellow | 580 nm | 2.1 |
| Red | 700 nm | 1.0 |

**Why isn’t it violet, then?** The Sun sends out less violet than blue, the upper atmosphere absorbs part of it, and \
our eyes hardly respond to what is left.

**And at sunset?** Light from the horizon crosses some 40 times as much air. Most of its blue is scattered away before \
it reaches you; the reds are what remains.`
