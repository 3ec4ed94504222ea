import { useSyncExternalStore } from 'react'
import css from './toast.module.css'

interface Toast {
  id: number
  text: string
  bad: boolean
  action?: { label: string; run: () => void }
}

let toasts: Toast[] = []
let next = 1
const listeners = new Set<() => void>()
const set = (value: Toast[]) => {
  toasts = value
  for (const listener of listeners) listener()
}
const close = (id: number) => set(toasts.filter((toast) => toast.id !== id))

/** Says briefly what happened; with an action (Undo) it stays for eight seconds. */
export function toast(text: string, options: { bad?: boolean; action?: Toast['action'] } = {}) {
  const id = next++
  set([...toasts.slice(-2), { id, text, bad: options.bad ?? false, action: options.action }])
  setTimeout(() => close(id), options.action || options.bad ? 8_000 : 3_500)
}

/** Where toasts are shown: one polite region for the whole app. */
export function Toasts() {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => toasts,
  )
  return (
    <div role="status" className={css.region}>
      {shown.map(({ id, text, bad, action }) => (
        <div key={id} className={bad ? `${css.toast} ${css.bad}` : css.toast}>
          <span>{text}</span>
          {action && (
            <button
              type="button"
              onClick={() => {
                close(id)
                action.run()
              }}
            >
              {action.label}
            </button>
          )}
        </div>
      ))}
    </div>
  )
}
