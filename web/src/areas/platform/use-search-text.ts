import { useEffect, useState } from 'react'

/** A text being typed, and its place in the address, where it goes after a moment of quiet. */
export function useSearchText(value: string | undefined, change: (value: string | undefined) => void) {
  const [text, setText] = useState(value ?? '')
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what is typed sets the clock.
  useEffect(() => {
    if (text === (value ?? '')) return
    const timer = setTimeout(() => change(text || undefined), 250)
    return () => clearTimeout(timer)
  }, [text])
  return [text, setText] as const
}
