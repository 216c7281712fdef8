/** The choice of a model, shown once there is one. */
import { listModels } from './offer.ts'

export interface ModelPicker {
  /** Asks the server for its models, and keeps what was chosen. `send` calls the Worker. */
  load(send: typeof fetch): Promise<void>
  /** `undefined` where the server named none: it then uses its default. */
  chosen(): string | undefined
}

/** @param changed told whenever another one may be chosen */
export function createModelPicker(
  label: HTMLElement,
  select: HTMLSelectElement,
  changed: () => void,
): ModelPicker {
  select.addEventListener('change', changed)
  return {
    async load(send) {
      const before = select.value
      const models = await listModels(send)
      select.replaceChildren(...models.map((id) => new Option(id, id)))
      if (models.includes(before)) select.value = before
      label.hidden = models.length === 0
      changed()
    },
    chosen: () => select.value || undefined,
  }
}
