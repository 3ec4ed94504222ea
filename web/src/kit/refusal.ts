import { sentence } from './fields'
import { failureFaults } from './form'
import { toast } from './toast'

/** Says that something was refused, and how to mend it, where no form is there to say it. */
export function toastRefusal(error: unknown) {
  const { message, fix } = failureFaults(error)[0]!
  const parts = [message, fix].filter((part): part is string => !!part)
  toast(parts.map(sentence).join(' '), { bad: true })
}
