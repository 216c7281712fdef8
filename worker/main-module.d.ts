/** Tells `exports` of `cloudflare:workers` which module it is of, and which of its classes have storage. */
declare namespace Cloudflare {
  interface GlobalProps {
    mainModule: typeof import('./index.ts')
    durableNamespaces: 'Caller' | 'Address' | 'Treasury'
  }
}
