export * from './bread';
