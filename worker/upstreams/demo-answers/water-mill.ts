/** Shows a list of steps, with a list inside it, and a quote. */
export const WATER_MILL = `A wheel takes the water’s energy, gears make the motion fast, and two stones grind the grain.

1. **The race.** A weir holds the river back. A narrow channel, the *millrace*, leads the water to the wheel, and a \
gate, the *sluice*, sets how much comes.
2. **The wheel.** It turns slowly, 5 to 10 times a minute. How much it gets out of the water depends on where the \
water meets it:
   - *overshot*, from above into buckets: up to 85 % of the energy
   - *breastshot*, at the height of the axle: about 60 %
   - *undershot*, from below against paddles: about 30 %
3. **The gears.** The *pit wheel* on the axle drives an upright shaft, and a large *spur wheel* on that shaft drives a \
small *stone nut*. By then it turns some 120 times a minute.
4. **The stones.** The lower one, the *bedstone*, lies still. The *runner* turns above it, no further away than a sheet \
of paper is thick. Furrows in both cut the grain, carry it outwards and let in air that cools it.
5. **The flour.** Grain trickles from a *hopper* into the eye of the runner. Meal comes out at the rim, falls through a \
chute and is sieved: the flour passes, the bran stays behind.

> How strong is a stream? Power is flow × fall × gravity. 100 litres a second that fall 3 metres carry 2.9 kilowatts: \
as much as a large kettle takes, day and night.`
