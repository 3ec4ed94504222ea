import { useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { useField } from '../place-link'

/**
 * Which row of a list of the listing is open, or about to be removed. A link to a row (`/events/2`) opens it; one to the
 * list (`/events`) leads to the way to add one.
 */
export function useEdited(rows: readonly unknown[], list: string) {
  const field = useField()
  const navigate = useNavigate()
  const [edited, setEdited] = useState<number | 'new' | null>(null)
  const [removed, setRemoved] = useState<number | null>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each address.
  useEffect(() => {
    if (!field) return
    const at = Number(field.split('/')[2])
    if (Number.isInteger(at) && rows[at]) setEdited(at)
    else document.querySelector<HTMLElement>(`[data-field="${list}"]`)?.focus()
  }, [field])
  const close = () => {
    setEdited(null)
    if (field) void navigate({ to: '.', search: {}, replace: true })
  }
  return { edited, setEdited, removed, setRemoved, close }
}
