import { Ask } from './Ask'

export default function Page() {
  return (
    <main>
      <h1>A site</h1>
      <Ask />
    </main>
  )
}
