const label: string = 'embedded badge';

document.body.append(label);
