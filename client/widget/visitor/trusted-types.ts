/**
 * [spec] Trusted Types: under the page's policy (public/_headers) no script can be started by a mere text. Each script that
 * the page starts by its address has a policy of its own, which lets nothing else through.
 */

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): URL }
}

/**
 * The address as the browser takes it; browsers without Trusted Types take the text.
 *
 * @param policy a name that public/_headers lists; each can be made once
 */
export function scriptUrl(policy: string, url: string): string | URL {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes }
  return trustedTypes?.createPolicy(policy, { createScriptURL: (url) => url }).createScriptURL(url) ?? url
}
