/**
 * [spec] Trusted Types: the page's policy (public/_headers) lets no plain string start a script. Each script
 * that the page loads has a policy of its own, for its own URL.
 */

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): URL }
}

/**
 * The URL in the form that the browser accepts: with Trusted Types a trusted object, else the string.
 *
 * @param policy a name listed in public/_headers; each can be created once
 */
export function scriptUrl(policy: string, url: string): string | URL {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes }
  return trustedTypes?.createPolicy(policy, { createScriptURL: (url) => url }).createScriptURL(url) ?? url
}
