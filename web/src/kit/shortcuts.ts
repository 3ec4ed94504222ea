const KEY = 'headwater.shortcuts'

/** Whether single characters do something; they can be switched off in this browser. */
export const shortcutsOn = () => localStorage.getItem(KEY) !== 'off'

/** Switches them on or off, and remembers it in this browser. */
export function switchShortcuts(on: boolean) {
  if (on) localStorage.removeItem(KEY)
  else localStorage.setItem(KEY, 'off')
}

/** Whether keys go into a text right now, so that they are no shortcuts. */
export function typing(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  )
}

/** Whether a press is for the page: of one key, and neither into a text nor for a dialog or a menu. */
export function isShortcut(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return false
  if (typing(event.target) || document.querySelector('[role="dialog"], [role="menu"]')) return false
  const character = event.key.length === 1 && event.key !== ' '
  return !character || shortcutsOn()
}
