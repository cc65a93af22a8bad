export default defineEventHandler(() => ({ count: 12 }))
