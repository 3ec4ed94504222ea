const KEY = 'headwater.shortcuts'

/** Whether keys alone do something; they can be switched off in this browser. */
export const shortcutsOn = () => localStorage.getItem(KEY) !== 'off'

/** Switches them on or off, and remembers it in this browser. */
export function switchShortcuts(on: boolean) {
  if (on) localStorage.removeItem(KEY)
  else localStorage.setItem(KEY, 'off')
}
