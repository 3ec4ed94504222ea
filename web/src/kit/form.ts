import { useState } from 'react'
import { type DefaultValues, type FieldValues, type Path, useForm } from 'react-hook-form'
import { ApiFailure, type Fault } from '../api/client'
import { toldHere } from './fields'

/**
 * A form whose authority is the API: it is sent, and each fault of the answer lands at the field that its JSON
 * pointer names; the rest is for the summary.
 */
export function useApiForm<Values extends FieldValues>(options: {
  values: Values
  send: (values: Values) => Promise<unknown>
  /** Where a pointer of the API is another field here. */
  field?: (pointer: string) => string | undefined
}) {
  const form = useForm<Values>({
    defaultValues: options.values as DefaultValues<Values>,
    mode: 'onBlur',
    shouldFocusError: true,
  })
  const [faults, setFaults] = useState<Fault[]>([])
  const known = (name: string) => name.split('.')[0]! in (form.getValues() as object)

  const submit = form.handleSubmit(async (values) => {
    setFaults([])
    try {
      await options.send(values)
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error
      const rest: Fault[] = []
      for (const fault of failureFaults(error)) {
        const pointer = fault.pointer ?? ''
        const name = options.field?.(pointer) ?? pointer.slice(1).replaceAll('/', '.')
        if (name && known(name)) {
          form.setError(name as Path<Values>, { message: toldHere(fault) })
        } else rest.push(fault)
      }
      setFaults(rest)
      if (rest.length === 0) {
        const first = error.faults
          .find((fault) => fault.pointer)
          ?.pointer?.slice(1)
          .replaceAll('/', '.')
        if (first) form.setFocus(first as Path<Values>)
      }
    }
  })
  return { ...form, submit, faults, busy: form.formState.isSubmitting, errors: form.formState.errors }
}

/** The faults of a failure, also of one without an answer. */
export function failureFaults(error: unknown): Fault[] {
  if (!(error instanceof ApiFailure)) {
    return [
      { type: 'error', code: 'unexpected', message: error instanceof Error ? error.message : String(error) },
    ]
  }
  if (error.status === 0) {
    const fix = 'check the connection and try again; nothing was lost here'
    return [{ type: 'error', code: 'unreachable', message: 'the server could not be reached', fix }]
  }
  return error.faults
}
