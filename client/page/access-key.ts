/** The visitor's access key: kept for this tab alone, and gone with it. */
import { keepInTab } from './tab-store.ts'

const store = keepInTab('millrace-access-key')

export const rememberAccessKey = (key: string): void => store.set(key)

/** `null` where none was entered. */
export const accessKey = (): string | null => store.get()
