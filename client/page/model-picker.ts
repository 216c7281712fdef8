/** The model picker, shown once there are models to choose from. */
import { listModels } from './offer.ts'

export interface ModelPicker {
  /** Loads the server's models and keeps the selection. `send` calls the Worker. */
  load(send: typeof fetch): Promise<void>
  /** `undefined` if the server listed no models: it then uses its default. */
  chosen(): string | undefined
}

/** @param changed called when the chosen model may have changed */
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
