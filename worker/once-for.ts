/**
 * Makes a value once for each object that it is made of, and keeps it as long as that object. An isolate has
 * one environment and so one configuration: its Worker and its objects share what is made of them.
 *
 * @param make what it throws is not kept, so the next call makes it again
 */
export function onceFor<Of extends object, Made>(make: (of: Of) => Made): (of: Of) => Made {
  const known = new WeakMap<Of, { made: Made }>()
  return (of) => {
    const one = known.get(of) ?? { made: make(of) }
    known.set(of, one)
    return one.made
  }
}
