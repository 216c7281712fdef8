/** Tells `exports` of `cloudflare:workers` which module it is of. */
declare namespace Cloudflare {
  interface GlobalProps {
    mainModule: typeof import('./index.ts')
  }
}
